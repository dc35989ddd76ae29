import { MemStore, type ReadWrite, type RunOptions, type Store, type Transaction } from 'memstore-tx';
import { copyStore } from 'memstore-tx/open';
import { expect, it, onTestFinished } from 'vitest';

type AnyStore = Store<Record<string, unknown>>;
type AnyTransaction = Transaction<Record<string, unknown>>;

const entries = Array.from({ length: 350 }, (_, n): [string, number] => [
  `n:${String(n).padStart(4, '0')}`,
  n,
]);
/** One transaction puts the mark, one looks for leftovers, four put entries, and one removes the mark. */
const TRANSACTIONS = 7;

async function stores(): Promise<[from: MemStore, to: MemStore]> {
  const pair: [MemStore, MemStore] = [new MemStore(), new MemStore()];
  for (const store of pair) onTestFinished(() => store.close());
  await pair[0].putMany(entries);
  await pair[1].put('beside', 1);
  return pair;
}

async function contentOf(store: AnyStore): Promise<[key: string, value: unknown][]> {
  const all: [key: string, value: unknown][] = [];
  for await (const entry of store.entries()) all.push(entry);
  return all;
}

/** Returns a store whose transaction with this number fails, before or after it takes effect. */
function failing(store: AnyStore, failingCall: number, moment: 'before' | 'after'): AnyStore {
  let calls = 0;
  const transaction = async <R>(
    work: (tx: AnyTransaction) => R | Promise<R>,
    options?: ReadWrite<RunOptions>,
  ): Promise<R> => {
    const fails = ++calls === failingCall;
    if (fails && moment === 'before') throw new Error('power cut');
    const result = await store.transaction(work, options);
    if (fails) throw new Error('power cut');
    return result;
  };
  return new Proxy(store, {
    get: (target, name) => (name === 'transaction' ? transaction : Reflect.get(target, name, target)),
  });
}

it.each(['before', 'after'] as const)(
  'a copy starts again after a failure %s any transaction',
  async (moment) => {
    for (let call = 1; call <= TRANSACTIONS; call++) {
      const [from, to] = await stores();
      const options = { prefix: 'n:' };
      await expect(copyStore(from, failing(to, call, moment), options)).rejects.toThrow('power cut');
      const isComplete = moment === 'after' && call === TRANSACTIONS;
      // This entry was copied before and is deleted now. The next copy must not contain it.
      await from.del('n:0000');
      if (isComplete)
        await expect(copyStore(from, to, options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      else await copyStore(from, to, options);
      expect(await contentOf(to)).toEqual([['beside', 1], ...(isComplete ? entries : entries.slice(1))]);
    }
    const [from, to] = await stores();
    const options = { prefix: 'n:' };
    expect(await copyStore(from, failing(to, TRANSACTIONS + 1, moment), options)).toBe(350);
  },
);

it('a copy stops when its signal is aborted, and leaves no snapshot open', async () => {
  const [from, to] = await stores();
  const controller = new AbortController();
  const { signal } = controller;
  const onProgress = (): void => controller.abort(new Error('enough'));
  const copy = copyStore(from, to, { prefix: 'n:', onProgress, signal });
  await expect(copy).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
  expect(await to.has('n:0100')).toBe(false);
  expect(from.stats().activeSnapshots).toBe(0);
  await expect(copyStore(from, to, { prefix: 'n:', signal })).rejects.toMatchObject({ code: 'ABORTED' });
});
