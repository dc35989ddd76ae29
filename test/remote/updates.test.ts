import { connect, type RemoteStore } from 'memstore-tx';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openProxy } from '../proof/faults/open-proxy.ts';
import { serve, until } from '../server/serve.ts';

type Client = RemoteStore<Record<string, unknown>>;

const never = (): Promise<never> => new Promise(() => {});

const codesOf = async (calls: Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(calls)).map((end) => (end.status === 'rejected' ? end.reason.code : 'done'));

/** Connects a client through a proxy. The client does not wait for a new connection. */
async function openBehindProxy(): Promise<{ client: Client; proxy: Awaited<ReturnType<typeof openProxy>> }> {
  const { port } = await serve();
  const proxy = await openProxy(port);
  const client = await connect<Record<string, unknown>>({ port: proxy.port, reconnectTimeout: 0 });
  onTestFinished(() => client.close());
  return { client, proxy };
}

it('rollbackTo cancels an update that has not read the value yet', async () => {
  const client = await (await serve()).connect();
  await client.put('a', 1);
  const tx = await client.begin();
  const savepoint = await tx.savepoint();
  const change = vi.fn((value: unknown) => Number(value) + 10);
  const update = tx.update('a', change);
  const undone = tx.rollbackTo(savepoint);
  await expect(update).rejects.toMatchObject({
    code: 'ABORTED',
    message: expect.stringMatching('rollbackTo'),
  });
  await undone;
  expect(await tx.get('a')).toBe(1);
  expect(change).not.toHaveBeenCalled();
  await tx.commit();
  expect(await client.get('a')).toBe(1);
});

it('rollbackTo undoes or cancels an update whose function has just returned', async () => {
  const client = await (await serve()).connect();
  await client.put('a', 1);
  for (let turns = 0; turns < 12; turns++) {
    const tx = await client.begin();
    const savepoint = await tx.savepoint();
    let finish = (_value: number): void => {};
    const change = vi.fn(() => new Promise<number>((resolve) => (finish = resolve)));
    const update = codesOf([tx.update('a', change)]);
    await until(() => change.mock.calls.length === 1);
    finish(2);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await tx.rollbackTo(savepoint);
    await update;
    await tx.commit();
    expect(await client.get('a'), `after ${turns} turns`).toBe(1);
  }
});

it('an update that its signal cancels when its function has just returned writes nothing', async () => {
  const client = await (await serve()).connect();
  const seen = new Set<unknown>();
  for (let turns = 0; turns < 20; turns++) {
    await client.put('a', 1);
    const tx = await client.begin();
    const controller = new AbortController();
    let finish = (_value: number): void => {};
    const change = vi.fn(() => new Promise<number>((resolve) => (finish = resolve)));
    const codes = codesOf([tx.update('a', change, { signal: controller.signal })]);
    await until(() => change.mock.calls.length === 1);
    finish(2);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    controller.abort();
    const [code] = await codes;
    seen.add(code);
    await tx.commit();
    expect(await client.get('a'), `after ${turns} turns`).toBe(code === 'ABORTED' ? 1 : 2);
  }
  expect(seen).toEqual(new Set(['ABORTED', 'done']));
});

it('a signal does not reject a delayed write that has been sent', async () => {
  const client = await (await serve()).connect();
  await client.put('a', 1);
  const tx = await client.begin();
  let finish = (_value: number): void => {};
  const change = vi.fn(() => new Promise<number>((resolve) => (finish = resolve)));
  const update = tx.update('a', change);
  const controller = new AbortController();
  await until(() => change.mock.calls.length === 1);
  const put = codesOf([tx.put('b', 1, { signal: controller.signal })]);
  finish(2);
  await update;
  await Promise.resolve();
  controller.abort();
  const [code] = await put;
  expect(await tx.get('b')).toBe(code === 'done' ? 1 : undefined);
  await tx.commit();
});

it('close and rollback end a transaction whose commit waits for an update', async () => {
  const { connect: join, store } = await serve();
  for (const [isClose, code] of [
    [true, 'STORE_CLOSED'],
    [false, 'TRANSACTION_ABORTED'],
  ] as const) {
    const client = await join();
    const tx = await client.begin();
    const change = vi.fn(never);
    const calls = [tx.update('a', change), tx.put('b', 1), tx.commit()];
    const codes = codesOf(calls);
    await until(() => change.mock.calls.length === 1);
    await (isClose ? client.close() : tx.rollback());
    expect(await codes).toEqual([code, code, code]);
    expect(tx).toMatchObject({ status: 'aborted', failure: { code } });
    expect(store.locks().held).toEqual([]);
  }
});

it('a lost connection ends a transaction whose commit waits for an update', async () => {
  const { client, proxy } = await openBehindProxy();
  const tx = await client.begin();
  const change = vi.fn(never);
  const codes = codesOf([tx.update('a', change), tx.commit()]);
  await until(() => change.mock.calls.length === 1);
  proxy.isDown = true;
  proxy.cutAll();
  expect(await codes).toEqual(['CONNECTION_LOST', 'CONNECTION_LOST']);
  expect(tx.failure).toMatchObject({ code: 'CONNECTION_LOST', transactionId: tx.id });
  await tx.rollback();
});

it('a one-shot update rejects when its connection is lost and there is no new one', async () => {
  const { client, proxy } = await openBehindProxy();
  const change = vi.fn(never);
  const codes = codesOf([client.update('a', change)]);
  await until(() => change.mock.calls.length === 1);
  proxy.isDown = true;
  proxy.cutAll();
  expect(await codes).toEqual(['CONNECTION_LOST']);
});
