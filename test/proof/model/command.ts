import fc from 'fast-check';
import type { Manner } from './manner.ts';
import type { SampleValue } from './sample-value.ts';

export const SLOTS = 3;
const SNAPSHOT_SLOTS = 2;

/** The reaction of an operation to a lock that another transaction holds. */
export type Patience = 'refuse' | 'wait and give up';

export interface ScanRange {
  readonly gte: string;
  readonly lte: string;
  readonly reverse: boolean;
  readonly limit: number | undefined;
  readonly forUpdate: boolean;
  readonly skipLocked: boolean;
}

interface OperationCommand {
  /** The way in which the caller passes the arguments. @default a literal, without holes */
  readonly manner?: Manner | undefined;
}

/** An operation of a transaction, a snapshot or the store. */
export type KeyCommand = OperationCommand &
  (
    | { readonly type: 'get' | 'has' | 'del'; readonly key: string }
    | { readonly type: 'getMany'; readonly keys: readonly string[] }
    | {
        readonly type: 'put';
        readonly key: string;
        readonly value: SampleValue;
        readonly ttl: number | undefined;
      }
    | {
        readonly type: 'putMany';
        readonly keys: readonly string[];
        readonly value: SampleValue;
        readonly ttl: number | undefined;
      }
    | { readonly type: 'scan'; readonly range: ScanRange }
  );

export type TransactionCommand =
  | KeyCommand
  | (OperationCommand & { readonly type: 'getForUpdate' | 'ttl'; readonly key: string })
  | { readonly type: 'begin' | 'savepoint' | 'commit' | 'rollback' }
  /**
   * Opens a scan that is read row by row, between other operations. A transaction has at most one. It never
   * waits.
   */
  | { readonly type: 'open scan'; readonly range: ScanRange }
  | { readonly type: 'next row' | 'leave scan' }
  | { readonly type: 'rollbackTo'; readonly savepoint: number };

/**
 * One step of a run. It is plain data, so that a failing run can be printed, shrunk, and copied into a test.
 */
export type Command =
  | { readonly by: number; readonly patience: Patience; readonly does: TransactionCommand }
  | { readonly by: 'snapshot'; readonly slot: number; readonly does: TransactionCommand }
  | { readonly by: 'store'; readonly does: KeyCommand }
  | { readonly by: 'clock'; readonly ms: number }
  /** Acts on every open transaction, or makes the journal fail at the next put. */
  | { readonly by: 'operator'; readonly does: OperatorCommand };

/**
 * The actions of an operator. `idle` advances the clock so far that all open transactions and snapshots
 * expire.
 */
export type OperatorCommand = 'commitAll' | 'rollbackAll' | 'idle' | 'fail the journal';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const key = fc.constantFrom(...KEYS);
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 3 });
const n = fc.nat({ max: 999 });
const value: fc.Arbitrary<SampleValue> = fc.oneof(
  { weight: 12, arbitrary: n },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('buffer', 'array with a hole', 'error'), n }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('nested'), depth: fc.constantFrom(1, 400, 500, 501, 1_900) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('shared memory in an array', 'shared memory in an error', 'platform object'),
    }),
  },
) as fc.Arbitrary<SampleValue>;
const ttl = fc.oneof(
  { weight: 12, arbitrary: fc.constant(undefined) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
  { weight: 1, arbitrary: fc.constant(2 ** 53) },
);
const manner: fc.Arbitrary<Manner> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Manner>({ options: 'literal', hasHole: false }) },
  { weight: 3, arbitrary: fc.constant<Manner>({ options: 'accessors', hasHole: false }) },
  { weight: 1, arbitrary: fc.constant<Manner>({ options: 'misspelt', hasHole: false }) },
  { weight: 1, arbitrary: fc.constant<Manner>({ options: 'literal', hasHole: true }) },
);

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

const ofKeys = (mayExpire: boolean): fc.Arbitrary<KeyCommand> => {
  const life = mayExpire ? ttl : fc.constant(undefined);
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('get' as const), key, manner }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('has' as const), key, manner }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('del' as const), key, manner }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('getMany' as const), keys, manner }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('put' as const), key, value, ttl: life, manner }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('putMany' as const), keys, value, ttl: life, manner }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('scan' as const), range, manner }) },
  );
};

const ofTransactions = (mayExpire: boolean): fc.Arbitrary<TransactionCommand> =>
  fc.oneof(
    { weight: 12, arbitrary: ofKeys(mayExpire) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('getForUpdate' as const), key, manner }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('ttl' as const), key, manner }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('begin' as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('open scan' as const), range }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('next row' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('leave scan' as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('savepoint' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('rollbackTo' as const), savepoint: fc.nat({ max: 1 }) }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('commit' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('rollback' as const) }) },
  );

/** Returns lists of commands. The model skips a command that is not possible at its position. */
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
    {
      weight: 1,
      arbitrary: fc.record({
        by: fc.constant('operator' as const),
        does: fc.constantFrom<OperatorCommand>('commitAll', 'rollbackAll', 'idle', 'fail the journal'),
      }),
    },
  );
  return fc.array(command, { maxLength: 120, size: 'max' });
}

/** Returns lists in which two transactions write to three keys and scan them row by row. */
export function scanLists(): fc.Arbitrary<Command[]> {
  const key = fc.constantFrom('a', 'b', 'c');
  const limit = fc.constantFrom(undefined, 3);
  const range = fc.record({
    gte: fc.constant('a'),
    lte: fc.constant('c'),
    reverse: fc.boolean(),
    limit,
    forUpdate: fc.boolean(),
    skipLocked: fc.constant(false),
  });
  const scans = fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant('begin' as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('open scan' as const), range }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('next row' as const) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('del' as const), key }) },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('put' as const), key, value: n, ttl: fc.constant(undefined) }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('savepoint' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('rollbackTo' as const), savepoint: fc.constant(0) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('commit' as const) }) },
  );
  const command: fc.Arbitrary<Command> = fc.record({
    by: fc.nat({ max: 1 }),
    patience: fc.constant<Patience>('refuse'),
    does: scans,
  });
  const entries: Command = {
    by: 'store',
    does: { type: 'putMany', keys: ['a', 'b', 'c'], value: 1, ttl: undefined },
  };
  return fc.array(command, { maxLength: 60, size: 'max' }).map((commands) => [entries, ...commands]);
}
