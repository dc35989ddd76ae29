import fc from 'fast-check';

export const SLOTS = 3;
const SNAPSHOT_SLOTS = 2;

/** What an operation does when another transaction is in its way. */
export type Patience = 'refuse' | 'wait and give up';

export interface ScanRange {
  readonly gte: string;
  readonly lte: string;
  readonly reverse: boolean;
  readonly limit: number | undefined;
  readonly forUpdate: boolean;
  readonly skipLocked: boolean;
}

/** What is done to one key or several, by whomever. */
export type KeyCommand =
  | { readonly type: 'get' | 'has' | 'del'; readonly key: string }
  | { readonly type: 'getMany'; readonly keys: readonly string[] }
  | { readonly type: 'put'; readonly key: string; readonly value: number; readonly ttl: number | undefined }
  | {
      readonly type: 'putMany';
      readonly keys: readonly string[];
      readonly value: number;
      readonly ttl: number | undefined;
    }
  | { readonly type: 'scan'; readonly range: ScanRange };

export type TransactionCommand =
  | KeyCommand
  | { readonly type: 'getForUpdate'; readonly key: string }
  | { readonly type: 'begin' | 'savepoint' | 'commit' | 'rollback' }
  | { readonly type: 'rollbackTo'; readonly savepoint: number };

/** One step of a run, as plain data, so that a failing run prints, shrinks, and can be written into a test. */
export type Command =
  | { readonly by: number; readonly patience: Patience; readonly does: TransactionCommand }
  | { readonly by: 'snapshot'; readonly slot: number; readonly does: TransactionCommand }
  | { readonly by: 'store'; readonly does: KeyCommand }
  | { readonly by: 'clock'; readonly ms: number };

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const key = fc.constantFrom(...KEYS);
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 3 });
const value = fc.nat({ max: 999 });
const ttl = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined, freq: 2 });

const range: fc.Arbitrary<ScanRange> = fc
  .record({
    gte: key,
    lte: key,
    reverse: fc.boolean(),
    limit: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    forUpdate: fc.boolean(),
    skipLocked: fc.boolean(),
  })
  .map((bounds) => ({ ...bounds, skipLocked: bounds.skipLocked && bounds.forUpdate }));

const ofKeys = (mayExpire: boolean): fc.Arbitrary<KeyCommand> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('get' as const), key }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('has' as const), key }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('del' as const), key }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('getMany' as const), keys }) },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('put' as const),
        key,
        value,
        ttl: mayExpire ? ttl : fc.constant(undefined),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('putMany' as const),
        keys,
        value,
        ttl: mayExpire ? ttl : fc.constant(undefined),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('scan' as const), range }) },
  );

const ofTransactions = (mayExpire: boolean): fc.Arbitrary<TransactionCommand> =>
  fc.oneof(
    { weight: 12, arbitrary: ofKeys(mayExpire) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('getForUpdate' as const), key }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('begin' as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('savepoint' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('rollbackTo' as const), savepoint: fc.nat({ max: 1 }) }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('commit' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('rollback' as const) }) },
  );

/** Lists of commands; those that make no sense where they stand are passed over. */
export function commandLists(mayExpire: boolean): fc.Arbitrary<Command[]> {
  const command: fc.Arbitrary<Command> = fc.oneof(
    {
      weight: 14,
      arbitrary: fc.record({
        by: fc.nat({ max: SLOTS - 1 }),
        patience: fc.constantFrom<Patience>('refuse', 'wait and give up'),
        does: ofTransactions(mayExpire),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        by: fc.constant('snapshot' as const),
        slot: fc.nat({ max: SNAPSHOT_SLOTS - 1 }),
        does: ofTransactions(mayExpire),
      }),
    },
    { weight: 5, arbitrary: fc.record({ by: fc.constant('store' as const), does: ofKeys(mayExpire) }) },
    {
      weight: 1,
      arbitrary: fc.record({ by: fc.constant('clock' as const), ms: fc.integer({ min: 1, max: 30 }) }),
    },
  );
  return fc.array(command, { maxLength: 120, size: 'max' });
}
