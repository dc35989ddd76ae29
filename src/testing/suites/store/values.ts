import { assert, assertEqual } from '../../assert.ts';
import { collect } from './collect.ts';
import { NESTINGS, nested } from './nested.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';

const KINDS: Readonly<Record<string, unknown>> = {
  null: null,
  boolean: true,
  number: 1.5,
  'negative zero': -0,
  'an infinite number': Number.NEGATIVE_INFINITY,
  'a great integer': Number.MAX_SAFE_INTEGER,
  bigint: 2n ** 70n,
  string: 'text with \0, é and \u{1F600}',
  date: new Date(1_700_000_000_000),
  array: [1, 'two', [3]],
  'an empty object': {},
  'a nested object': { a: { b: { c: [null, { d: new Date(5) }] } } },
  'an object with odd names': JSON.parse('{"__proto__":1,"constructor":2,"":3}'),
  map: new Map<unknown, unknown>([
    ['k', { n: 1 }],
    [2, new Map([['inner', new Set([1])]])],
  ]),
  set: new Set([1, 'two', 3n]),
  bytes: new Uint8Array([0, 127, 128, 255]),
  'a float array': new Float64Array([0.5, -1e300]),
  'a bigint array': new BigInt64Array([-1n, 2n ** 62n]),
};

interface Cyclic {
  self?: Cyclic;
  members: Map<string, Cyclic>;
}

async function assertIsolated(store: AnyStore, read: () => Promise<unknown>, what: string): Promise<void> {
  const first = (await read()) as Mutable;
  mutate(first);
  assertEqual(await read(), mutable(), `${what}, after its earlier result was changed`);
  assertEqual(
    await store.get('k'),
    mutable(),
    `the committed value, after the result of ${what} was changed`,
  );
}

interface Mutable {
  n: number;
  inner: { list: number[] };
  map: Map<string, { n: number }>;
  set: Set<number>;
  date: Date;
  bytes: Uint8Array;
}

function mutable(): Mutable {
  return {
    n: 1,
    inner: { list: [1] },
    map: new Map([['a', { n: 1 }]]),
    set: new Set([1]),
    date: new Date(1),
    bytes: new Uint8Array([1]),
  };
}

/** Changes the value at every depth and in every kind of container. */
function mutate(value: Mutable): void {
  value.n = 2;
  value.inner.list.push(2);
  const member = value.map.get('a');
  if (member !== undefined) member.n = 2;
  value.map.set('b', { n: 2 });
  value.set.add(2);
  value.date.setTime(2);
  value.bytes[0] = 2;
}

interface ViewsRead {
  readonly views: ArrayBufferView[];
  readonly again: ArrayBufferView;
  readonly map: Map<unknown, unknown>;
  readonly set: Set<unknown>;
}

function checkOwn(read: unknown, put: ArrayBufferView): void {
  assert(ArrayBuffer.isView(read), 'it is a view');
  assertEqual(Object.getPrototypeOf(read), Object.getPrototypeOf(put), 'its type');
  assertEqual(read.buffer.byteLength, put.byteLength, 'the bytes of its buffer');
  assertEqual(bytesOf(read), bytesOf(put), 'its bytes');
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): number[] {
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
}

/** Returns the number of levels of a value from `nested`. */
function levelsOf(value: unknown): number {
  let levels = 0;
  for (let inner = value; typeof inner === 'object' && inner !== null; levels++) inner = innerOf(inner);
  return levels;
}

function innerOf(outer: object): unknown {
  if (outer instanceof Error) return outer.cause;
  if (outer instanceof Map) for (const [key, item] of outer) return typeof key === 'number' ? item : key;
  if (outer instanceof Set) for (const item of outer) return item;
  return Object.values(outer).at(-1);
}

export const values: StoreCases = {
  'every kind of structured-cloneable value is read back unchanged': async (store) => {
    for (const [kind, value] of Object.entries(KINDS)) {
      const tx = await store.begin();
      await tx.put(kind, value);
      assertEqual(await tx.get(kind), value, `${kind}, before the commit`);
      await tx.commit();
      assertEqual(await store.get(kind), value, `${kind}, after the commit`);
    }
    for (const [kind, value] of await collect(store.entries()))
      assertEqual(value, KINDS[kind], `${kind}, scanned`);
  },

  'an array buffer is read back with the same bytes': async (store) => {
    await store.put('k', new Uint8Array([1, 2, 3]).buffer);
    const value = await store.get('k');
    assert(value instanceof ArrayBuffer, 'it is an ArrayBuffer');
    assertEqual([...new Uint8Array(value)], [1, 2, 3], 'bytes');
  },

  'cycles and shared references are preserved': async (store) => {
    const put: Cyclic = { members: new Map() };
    put.self = put;
    put.members.set('me', put);
    await store.put('cycle', put);
    const cycle = (await store.get('cycle')) as Cyclic;
    assert(
      cycle !== put && cycle.self === cycle && cycle.members.get('me') === cycle,
      'the result is a cycle of new objects',
    );

    const shared = { n: 1 };
    await store.put('shared', [shared, shared]);
    const [left, right] = (await store.get('shared')) as object[];
    assert(
      left === right && left !== shared,
      'both elements are one object, which is not the object that was put',
    );
  },

  'a value with 500 levels is read back unchanged': async (store) => {
    for (const [place, nest] of Object.entries(NESTINGS)) {
      await store.put('deep', nested(500, nest));
      const tx = await store.begin();
      const own = nested(500, nest);
      await tx.put('own', own);
      for (const value of [await store.get('deep'), await tx.get('own')])
        assertEqual(levelsOf(value), 500, `levels in ${place}`);
      await tx.rollback();
    }
  },

  'a long linked list in an array does not count as deep if the last item comes first': async (store) => {
    interface Item {
      readonly next: Item | undefined;
    }
    const items: Item[] = [];
    for (let count = 0; count < 3_000; count++) items.push({ next: items.at(-1) });
    await store.put('list', items);
    const read = (await store.get('list')) as Item[];
    assert(
      read.length === 3_000 && read[2_999]?.next === read[2_998],
      'the items of the result are still linked',
    );
  },

  'a view is read back with exactly its own bytes': async (store) => {
    const pool = Uint8Array.from({ length: 4_096 }, (_, index) => index);
    const part = new Uint16Array(pool.buffer, 16, 3);
    const views = [part, new DataView(pool.buffer, 7, 5), pool.subarray(9, 11), new Uint8Array(0), pool];
    await store.put('views', { views, again: part, map: new Map([[part, views]]), set: new Set(views) });
    await store.put('error', Object.assign(new Error('e', { cause: part })));
    await store.put('array', Object.assign([1], { part }));
    for (const view of views) {
      await store.put('view', view);
      checkOwn(await store.get('view'), view);
    }

    const read = (await store.get('views')) as ViewsRead;
    for (const [index, view] of views.entries()) checkOwn(read.views[index], view);
    assertEqual(
      new Set(read.views.map((view) => view.buffer)).size,
      views.length,
      'the number of different buffers',
    );
    assert(
      read.again === read.views[0] && read.map.get(read.again) === read.views,
      'shared views stay shared',
    );
    assert(
      read.views.every((view) => read.set.has(view)),
      'the Set contains the same views',
    );
    checkOwn(((await store.get('error')) as Error).cause, part);
    checkOwn(((await store.get('array')) as unknown as { part: unknown }).part, part);
  },

  'changing an object after tx.put does not change the stored value': async (store) => {
    const value = mutable();
    const tx = await store.begin();
    const putting = tx.put('k', value);
    mutate(value);
    await putting;
    assertEqual(await tx.get('k'), mutable(), 'changed before put had resolved');
    mutate(value);
    assertEqual(await tx.get('k'), mutable(), 'changed afterwards');
    await tx.commit();
    assertEqual(await store.get('k'), mutable(), 'after the commit');
    mutate(value);
    assertEqual(await store.get('k'), mutable(), 'changed after the commit');
  },

  'a put that waits for its lock stores the value as it was at the call': async (store) => {
    const holder = await store.begin();
    await holder.getForUpdate('k');
    const value = mutable();
    const tx = await store.begin();
    const putting = tx.put('k', value);
    mutate(value);
    await holder.rollback();
    await putting;
    await tx.commit();
    assertEqual(await store.get('k'), mutable(), 'after the commit');
  },

  'changing an object after a one-shot put does not change the stored value': async (store) => {
    const value = mutable();
    const putting = store.put('k', value);
    mutate(value);
    await putting;
    assertEqual(await store.get('k'), mutable(), 'after the commit');
  },

  'changing objects after putMany does not change the stored values': async (store) => {
    const value = mutable();
    const entries: [string, unknown][] = [['k', value]];
    const putting = store.putMany(entries);
    mutate(value);
    entries.push(['late', 1]);
    await putting;
    assertEqual(await store.getMany(['k', 'late']), [mutable(), undefined], 'after the commit');
  },

  'changing the result of a read does not change the store': async (store) => {
    await store.put('k', mutable());
    await assertIsolated(store, () => store.get('k'), 'store.get');
    await assertIsolated(store, async () => (await store.getMany(['k']))[0], 'store.getMany');
    await assertIsolated(store, async () => (await collect(store.entries()))[0]?.[1], 'store.entries');

    const snapshot = await store.begin({ readOnly: true });
    await assertIsolated(store, () => snapshot.get('k'), 'get of a snapshot');

    const tx = await store.begin();
    await assertIsolated(store, () => tx.get('k'), 'get');
    await assertIsolated(store, () => tx.getForUpdate('k'), 'getForUpdate');
    await assertIsolated(store, async () => (await tx.getMany(['k']))[0], 'getMany');
    await assertIsolated(store, async () => (await collect(tx.entries()))[0]?.[1], 'entries');
    await tx.commit();
    assertEqual(await store.get('k'), mutable(), 'after the commit');
  },

  'changing the result of a read of an own write does not change the write': async (store) => {
    await store.put('k', mutable());
    const tx = await store.begin();
    await tx.put('k', mutable());
    await assertIsolated(store, () => tx.get('k'), 'get');
    await assertIsolated(store, () => tx.getForUpdate('k'), 'getForUpdate');
    await assertIsolated(store, async () => (await collect(tx.entries()))[0]?.[1], 'entries');
    await tx.commit();
    assertEqual(await store.get('k'), mutable(), 'after the commit');
  },

  'two reads return different objects': async (store) => {
    await store.put('k', { n: 1 });
    const tx = await store.begin();
    const own = [await tx.get('k'), await tx.get('k')];
    assert(own[0] !== own[1], 'within a transaction');
    const alone = [await store.get('k'), await store.get('k')];
    assert(alone[0] !== alone[1], 'alone');
  },
};
