import type {
  PutOptions,
  RangeOptions,
  RunOptions,
  TransactionOptions,
  WaitOptions,
} from '../../../contract/options.ts';
import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { assertUnchanged } from './assert-unchanged.ts';
import { collect, collectKeys } from './collect.ts';
import { KEY_OPERATIONS, ONE_SHOTS } from './operations.ts';
import type { AnyStore, AnyTransaction, StoreCases } from './store-cases.ts';

type Call = (options: object) => Promise<unknown>;

/** Returns all operations that accept options, except `close`. */
function callsOf(store: AnyStore, tx: AnyTransaction): Readonly<Record<string, Call>> {
  const calls: Record<string, Call> = {
    begin: (options) => store.begin(options),
    transaction: (options) => store.transaction(() => undefined, options),
    ttl: (options) => tx.ttl('k', options),
    // The functions are async, because a scan may also throw synchronously.
    scan: async (options) => collect(tx.entries(options)),
    'one-shot scan': async (options) => collect(store.entries(options)),
  };
  for (const [name, run] of Object.entries(KEY_OPERATIONS)) calls[name] = (options) => run(tx, 'k', options);
  for (const [name, run] of Object.entries(ONE_SHOTS))
    calls[`one-shot ${name}`] = (options) => run(store, 'k', options);
  return calls;
}

async function putSome(store: AnyStore): Promise<void> {
  await store.putMany([
    ['a:1', 1],
    ['a:2', 2],
    ['b', 3],
  ]);
}

const NO_OPTIONS: readonly unknown[] = [null, [], ['signal'], 'lockTimeout', 5, true, () => ({})];

/** Options as accessors on a prototype, together with a method that is not an option. */
class Query implements RangeOptions {
  reads = new Map<string, number>();

  constructor() {
    Object.defineProperty(this, 'reads', { enumerable: false });
  }
  get prefix(): string {
    return this.read('prefix', 'a:');
  }
  get limit(): number {
    return this.read('limit', 1);
  }
  get reverse(): boolean {
    return this.read('reverse', true);
  }
  read<T>(name: string, value: T): T {
    this.reads.set(name, (this.reads.get(name) ?? 0) + 1);
    return value;
  }
}

export const optionReading: StoreCases = {
  'every operation refuses an unknown option and names the known ones': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const [name, call] of Object.entries(callsOf(store, tx))) {
      const error = await assertRejects(call({ lockTimeOut: 5 }), 'INVALID_OPTION');
      assert(error.message.includes('"lockTimeOut"'), `${name} names the unknown option: ${error.message}`);
      assert(error.message.includes('lockTimeout'), `${name} names the known options: ${error.message}`);
    }
    await assertRejects(tx.put('k', 1, { tll: 5 } as PutOptions), 'INVALID_OPTION');
    await assertRejects(tx.get('k', { ttl: 5 } as WaitOptions), 'INVALID_OPTION');
    await assertRejects(store.begin({ maxAttempts: 5 } as TransactionOptions), 'INVALID_OPTION');
    await assertRejects(
      store.transaction(() => undefined, { age: 1 } as RunOptions),
      'INVALID_OPTION',
    );
    await assertRejects(store.close({ drainTimeOut: 5 } as object), 'INVALID_OPTION');
    await assertUnchanged(store, tx);
  },

  'every operation refuses options that are not an object': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const options of NO_OPTIONS) {
      for (const call of Object.values(callsOf(store, tx)))
        await assertRejects(call(options as object), 'INVALID_OPTION');
      await assertRejects(store.close(options as object), 'INVALID_OPTION');
    }
    await assertUnchanged(store, tx);
  },

  'the options of a scan may be accessors of a class, and each is read once': async (store) => {
    await putSome(store);
    const tx = await store.begin();
    const snapshot = await store.begin({ readOnly: true });
    for (const source of [tx, snapshot, store]) {
      const query = new Query();
      assertEqual(await collectKeys(source.entries(query)), ['a:2'], 'the keys');
      assertEqual(
        [...query.reads.values()].filter((count) => count !== 1),
        [],
        'options that were read more than once',
      );
      assertEqual(query.reads.size, 3, 'options that were read');
    }
    await Promise.all([tx.rollback(), snapshot.rollback()]);
  },

  'the options of an operation may be accessors, and each is read once': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const [name, call] of Object.entries(callsOf(store, tx))) {
      let reads = 0;
      // The transaction may already hold the lock of the key, so some one-shot operations fail.
      await call({
        get lockTimeout() {
          reads++;
          return 0;
        },
      }).catch(() => {});
      assertEqual(reads, 1, `the number of times that ${name} has read lockTimeout`);
    }
    await tx.rollback();
  },

  'an operation rejects with the error that an accessor of its options throws': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    const thrown = new RangeError('not now');
    const options = {
      get lockTimeout(): number {
        throw thrown;
      },
    };
    for (const [name, call] of Object.entries(callsOf(store, tx))) {
      const outcome: unknown = await call(options).catch((error: unknown) => error);
      assert(outcome === thrown, `${name} rejects with the error of the accessor`);
    }
    // `entries` itself still returns an iterator.
    for (const rows of [tx.entries(options), store.entries(options)]) {
      const outcome: unknown = await rows.next().catch((error: unknown) => error);
      assert(outcome === thrown, 'the first next() rejects with the error of the accessor');
    }
    await assertUnchanged(store, tx);
  },

  'an operation is rejected if an accessor of its options ends the transaction': async (store) => {
    await store.put('k', 'before');
    for (const run of Object.values(KEY_OPERATIONS)) {
      const tx = await store.begin();
      const ends: Promise<void>[] = [];
      const options = {
        get lockTimeout() {
          ends.push(tx.rollback());
          return 0;
        },
      };
      await assertRejects(run(tx, 'k', options), 'TRANSACTION_ABORTED');
      await Promise.all(ends);
    }
    assertEqual(await collect(store.entries()), [['k', 'before']], 'the entries afterwards');
  },
};
