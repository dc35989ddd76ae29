import { describe, expect, it } from 'vitest';
import {
  MemStore,
  MemStoreError,
  mutexLocks,
  type ReadTransaction,
  type Store,
  type Transaction,
} from '../../../src/index.ts';
import {
  checkHistory,
  formatReport,
  type HistoryRecorder,
  type RecordedValue,
  recordHistory,
} from '../../../src/testing/history/index.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';

type Accounts = { [account: `account:${string}`]: { balance: number } };

function record(options: ConstructorParameters<typeof MemStore>[0] = {}): HistoryRecorder<Accounts> {
  return recordHistory<Accounts>(new MemStore<Record<string, RecordedValue>>(options));
}

function expectConsistent(recorder: HistoryRecorder<Accounts>): void {
  const report = checkHistory(recorder.history());
  expect(report.valid, formatReport(report)).toBe(true);
}

describe('recordHistory', () => {
  it('records reads, writes, deletes and scans, with versions for values', async () => {
    const { store, history } = record();
    await store.transaction(async (tx) => {
      await tx.put('account:1', { balance: 10 });
      await tx.putMany([['account:2', { balance: 20 }]]);
    });
    await store.transaction(async (tx) => {
      expect(await tx.get('account:1')).toEqual({ balance: 10 });
      expect(await tx.getMany(['account:2', 'account:3'])).toEqual([{ balance: 20 }, undefined]);
      expect(await tx.has('account:2')).toBe(true);
      expect(await tx.del('account:1')).toBe(true);
      expect(await tx.del('account:1')).toBe(false);
      for await (const [key, value] of tx.entries({ prefix: 'account:' })) {
        expect([key, value]).toEqual(['account:2', { balance: 20 }]);
      }
    });
    const range = { from: 'account:', to: 'account;' };
    expect(history().transactions).toEqual([
      {
        id: 1,
        status: 'committed',
        beginAt: 0,
        endAt: 2,
        operations: [
          { type: 'write', key: 'account:1', value: 1 },
          { type: 'write', key: 'account:2', value: 2 },
        ],
      },
      {
        id: 2,
        status: 'committed',
        beginAt: 3,
        endAt: 5,
        operations: [
          { type: 'read', key: 'account:1', value: 1 },
          { type: 'read', key: 'account:2', value: 2 },
          { type: 'read', key: 'account:3', value: undefined },
          { type: 'read', key: 'account:2', value: 2 },
          { type: 'delete', key: 'account:1' },
          { type: 'read', key: 'account:1', value: undefined },
          { type: 'scan', range, entries: [['account:2', 2]], reverse: false },
        ],
      },
    ]);
  });

  it('records only the part of a scan that was read', async () => {
    const { store, history } = record();
    await store.putMany([1, 2, 3].map((n) => [`account:${n}`, { balance: n }] as const));
    for await (const _ of store.entries({ limit: 2 }));
    for await (const _ of store.entries({ limit: 2, reverse: true }));
    for await (const _ of store.entries()) break;
    const scans = history().transactions.flatMap(({ operations }) =>
      operations.filter(({ type }) => type === 'scan'),
    );
    expect(scans.map((scan) => 'range' in scan && scan.range)).toEqual([
      { from: '', to: 'account:2\0' },
      { from: 'account:2', to: undefined },
      { from: '', to: 'account:1\0' },
    ]);
  });

  it('records the keys and bounds at the time of the call, even if the caller changes them later', async () => {
    const { store, history } = record();
    await store.putMany([1, 2, 3].map((n) => [`account:${n}`, { balance: n }] as const));
    const tx = await store.begin();
    for (const source of [store, tx]) {
      const keys = ['account:1', 'account:4'] as `account:${string}`[];
      const reading = source.getMany(keys);
      keys.reverse();
      await reading;
      const range = { gt: 'account:1', limit: 5, reverse: false };
      const rows = source.entries(range);
      Object.assign(range, { gt: 'account:3', limit: 2, reverse: true });
      for await (const _ of rows) range.gt = 'account:2';
    }
    await tx.commit();
    const seen = [
      { type: 'read', key: 'account:1', value: 1 },
      { type: 'read', key: 'account:4', value: undefined },
      {
        type: 'scan',
        range: { from: 'account:1\0', to: undefined },
        entries: [
          ['account:2', 2],
          ['account:3', 3],
        ],
        reverse: false,
      },
    ];
    const operations = history().transactions.map((transaction) => transaction.operations);
    expect(operations.slice(1)).toEqual([seen, seen.slice(0, 2), seen.slice(2)]);
    expect(checkHistory(history()).valid).toBe(true);
  });

  it('drops the writes that a savepoint undid, and records an open transaction as unknown', async () => {
    const { store, history } = record();
    const tx = await store.begin();
    await tx.put('account:1', { balance: 1 });
    const savepoint = await tx.savepoint();
    await tx.put('account:1', { balance: 2 });
    await tx.rollbackTo(savepoint);
    expect(await tx.get('account:1')).toEqual({ balance: 1 });
    expect(history().transactions[0]).toMatchObject({
      status: 'unknown',
      operations: [
        { type: 'write', value: 1 },
        { type: 'read', value: 1 },
      ],
    });
    expect(tx.failure).toBeUndefined();
    await tx.rollback();
    expect(tx.failure).toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(history().transactions[0]).toMatchObject({ status: 'aborted' });
  });

  it('omits an operation that failed', async () => {
    const { store, history } = record();
    const holder = await store.begin();
    await holder.put('account:1', { balance: 1 });
    const tx = await store.begin();
    await expect(tx.put('account:1', { balance: 2 }, { lockTimeout: 0 })).rejects.toThrow();
    await tx.commit();
    await holder.commit();
    expect(history().transactions.map(({ operations }) => operations.length)).toEqual([1, 0]);
  });

  it('records a transaction as unknown if its commit may or may not have happened', async () => {
    const inner = new MemStore<Record<string, RecordedValue>>();
    const lost = (): Promise<never> =>
      Promise.reject(new MemStoreError('COMMIT_UNKNOWN', 'The line is dead.'));
    const recorder = recordHistory<Accounts>(
      replace(inner, {
        begin: async () => replace(await inner.begin(), { commit: lost }),
        transaction: async (body: (tx: Transaction<Record<string, RecordedValue>>) => Promise<unknown>) => {
          await body(await inner.begin());
          return lost();
        },
        put: lost,
        del: lost,
      }),
    );
    const { store } = recorder;
    const tx = await store.begin();
    await tx.put('account:1', { balance: 1 });
    await expect(tx.commit()).rejects.toThrow('The line is dead.');
    await tx.rollback();
    await expect(store.transaction((t) => t.put('account:2', { balance: 2 }))).rejects.toThrow();
    await expect(store.put('account:3', { balance: 3 })).rejects.toThrow();
    await expect(store.del('account:4')).rejects.toThrow();
    expect(recorder.history().transactions.map(({ status, operations }) => [status, operations])).toEqual([
      ['unknown', [{ type: 'write', key: 'account:1', value: 1 }]],
      ['unknown', [{ type: 'write', key: 'account:2', value: 2 }]],
      ['unknown', [{ type: 'write', key: 'account:3', value: 3 }]],
      ['unknown', [{ type: 'delete', key: 'account:4' }]],
    ]);
    await inner.close();
  });

  it.each([
    ['keyLocks', {}],
    ['mutexLocks', { locks: mutexLocks({ stripes: 4 }) }],
  ])(
    'finds no anomaly in MemStore on %s',
    async (_name, options) => {
      const recorder = record(options);
      await work(recorder.store, 1, 400);
      expectConsistent(recorder);
      const { transactions } = recorder.history();
      expect(transactions.filter(({ status }) => status === 'committed').length).toBeGreaterThan(300);
    },
    20_000,
  );

  it('finds lost updates in a store whose transactions read without locks', async () => {
    const store = new MemStore<Record<string, RecordedValue>>();
    const recorder = recordHistory<Accounts>(withoutReadLocks(store));
    await work(recorder.store, 1, 200);
    const report = checkHistory(recorder.history());
    expect(report.anomalies.map(({ name }) => name)).toContain('lost-update');
  });
});

type Untyped = Store<Record<string, RecordedValue>>;

/** Returns a broken store, whose transactions read the latest committed values. */
function withoutReadLocks(store: Untyped): Untyped {
  const unlocked = (tx: Transaction<Record<string, RecordedValue>>): typeof tx =>
    replace(tx, { get: (key: string) => store.get(key), getForUpdate: (key: string) => store.get(key) });
  return replace(store, {
    transaction: (body: (tx: Transaction<Record<string, RecordedValue>>) => Promise<unknown>) =>
      store.transaction((tx) => body(unlocked(tx))),
  });
}

/** Returns a proxy of the object with some methods replaced. The other methods stay bound to the object. */
function replace<T extends object>(target: T, methods: object): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (name in methods) return Reflect.get(methods, name);
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** Runs eight clients that transfer, open, close and audit accounts at random. */
async function work(store: Store<Accounts>, seed: number, transactions: number): Promise<void> {
  const random = seededRandom(seed);
  const anyAccount = (): `account:${string}` => `account:${Math.floor(random() * 6)}`;
  const client = async (): Promise<void> => {
    for (let round = 0; round < transactions / 8; round++) {
      const choice = random();
      if (choice < 0.5) await store.transaction((tx) => transfer(tx, anyAccount(), anyAccount()));
      else if (choice < 0.6) await store.transaction(audit);
      else if (choice < 0.7) await store.transaction(audit, { readOnly: true });
      else if (choice < 0.8) await store.transaction(async (tx) => void (await tx.del(anyAccount())));
      else if (choice < 0.9) await store.get(anyAccount());
      else await store.put(anyAccount(), { balance: 1 });
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
}

async function transfer(tx: Transaction<Accounts>, from: keyof Accounts, to: keyof Accounts): Promise<void> {
  const source = (await tx.get(from)) ?? { balance: 0 };
  const target = (await tx.getForUpdate(to)) ?? { balance: 0 };
  await tx.put(from, { balance: source.balance - 1 });
  await tx.put(to, { balance: target.balance + 1 });
}

async function audit(tx: ReadTransaction<Accounts>): Promise<number> {
  let sum = 0;
  for await (const [, { balance }] of tx.entries({ prefix: 'account:' })) sum += balance;
  return sum;
}
