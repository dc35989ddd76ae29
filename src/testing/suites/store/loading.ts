import { assert, assertEqual, assertRejects, assertRejectsWith } from '../../assert.ts';
import type { StoreCases } from './store-cases.ts';

const HOUR_MS = 3_600_000;

/** Returns a load function whose promise the test settles, and the number of its calls. */
function loader(): {
  load: () => Promise<unknown>;
  calls: number;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
} {
  const made = {
    calls: 0,
    resolve: (_: unknown): void => {},
    reject: (_: unknown): void => {},
    load: (): Promise<unknown> => {
      made.calls++;
      return promise;
    },
  };
  const promise = new Promise<unknown>((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  // The promise may reject before the store awaits it.
  promise.catch(() => {});
  return made;
}

export const loading: StoreCases = {
  'getOrPut loads and puts the value of an absent key': async (store) => {
    let calls = 0;
    const load = (): unknown => {
      calls++;
      return { n: calls };
    };
    assertEqual(await store.getOrPut('k', load), { n: 1 }, 'the first');
    assertEqual(await store.getOrPut('k', load), { n: 1 }, 'the second');
    assertEqual(await store.get('k'), { n: 1 }, 'the stored value');
    await store.getOrPut('l', async () => 2, { ttl: HOUR_MS });
    const left = await store.transaction((tx) => tx.ttl('l'));
    assert(left !== undefined && left <= HOUR_MS && left > HOUR_MS / 2, `the remaining TTL is ${left}`);
    assertEqual(calls, 1, 'calls');
  },

  'concurrent calls of getOrPut load once, with the options of the first call': async (store) => {
    const [first, second] = [loader(), loader()];
    const all = [
      store.getOrPut('k', first.load, { ttl: HOUR_MS }),
      store.getOrPut('k', second.load, { ttl: 8 * HOUR_MS }),
      store.getOrPut('k', second.load),
    ];
    first.resolve({ n: 1 });
    const values = await Promise.all(all);
    assertEqual(values, [{ n: 1 }, { n: 1 }, { n: 1 }], 'the values');
    assertEqual([first.calls, second.calls], [1, 0], 'calls');
    assert(new Set(values).size === 3, 'each caller has a copy of its own');
    const left = await store.transaction((tx) => tx.ttl('k'));
    assert(left !== undefined && left <= HOUR_MS, `the remaining TTL is ${left}`);
  },

  'getOrPut loads without a lock, and returns a value that was put meanwhile': async (store) => {
    const value = store.getOrPut('k', async () => {
      await store.put('k', 'put meanwhile', { lockTimeout: 0 });
      return 'loaded';
    });
    assertEqual(await value, 'put meanwhile', 'the value');
    assertEqual(await store.get('k'), 'put meanwhile', 'the stored value');
  },

  'getOrPut does not remember a failed load': async (store) => {
    const failing = loader();
    const both = [store.getOrPut('k', failing.load), store.getOrPut('k', failing.load)];
    const error = new Error('no');
    failing.reject(error);
    for (const each of both) await assertRejectsWith(each, error);
    const throwing = (): never => {
      throw error;
    };
    await assertRejectsWith(store.getOrPut('k', throwing), error);
    assertEqual(await store.has('k'), false, 'whether it is stored');
    assertEqual(await store.getOrPut('k', () => 1), 1, 'the next load');
  },

  'getOrPut returns undefined from a load and does not store it': async (store) => {
    assertEqual(await store.getOrPut('k', () => undefined), undefined, 'the value');
    assertEqual(await store.getOrPut('k', async () => undefined), undefined, 'of a promise');
    assertEqual(await store.has('k'), false, 'whether it is stored');
  },

  'close rejects a getOrPut whose load never ends': async (store) => {
    const endless = (): Promise<unknown> => new Promise(() => {});
    const callers = [store.getOrPut('k', endless), store.getOrPut('k', endless)];
    const refused = callers.map((caller) => assertRejects(caller, 'STORE_CLOSED'));
    await store.get('other');
    await store.close();
    await Promise.all(refused);
  },

  'a signal rejects only its caller of getOrPut': async (store) => {
    const slow = loader();
    const controller = new AbortController();
    const first = store.getOrPut('k', slow.load, { signal: controller.signal });
    const second = store.getOrPut('k', slow.load);
    const refused = assertRejects(first, 'ABORTED');
    await store.get('other');
    controller.abort();
    await refused;
    await assertRejects(store.getOrPut('k', slow.load, { signal: controller.signal }), 'ABORTED');
    slow.resolve('loaded');
    assertEqual(await second, 'loaded', 'the other caller');
    assertEqual(await store.get('k'), 'loaded', 'the stored value');
    assertEqual(slow.calls, 1, 'calls');
  },

  'getOrPut refuses values that cannot be stored, and invalid arguments': async (store) => {
    await assertRejects(
      store.getOrPut('k', () => () => {}),
      'INVALID_VALUE',
    );
    await assertRejects(
      store.getOrPut('k', () => 1, { ttl: 0 }),
      'INVALID_OPTION',
    );
    await assertRejects(
      store.getOrPut('k', () => 1, { limit: 1 } as object),
      'INVALID_OPTION',
    );
    await assertRejects(store.getOrPut('k', 1 as unknown as () => unknown), 'INVALID_OPTION');
    await assertRejects(
      store.getOrPut(1 as unknown as string, () => 1),
      'INVALID_KEY',
    );
    assertEqual(await store.has('k'), false, 'whether it is stored');
  },
};
