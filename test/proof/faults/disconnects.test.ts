import { connect, MemStore, MemStoreError, type MemStoreServer, startServer } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { openPeer } from '../../server/peer.ts';
import { until } from '../../server/serve.ts';
import type { Faults } from './faulty-proxy.ts';
import { openProxy } from './open-proxy.ts';

type Data = Record<string, unknown>;
interface Scene {
  readonly store: MemStore<Data>;
  readonly server: MemStoreServer;
}

/** The outcome of the commit as the client knows it. */
type Told = 'committed' | 'unknown' | 'failed';

async function openScene(): Promise<Scene> {
  const store = new MemStore<Data>();
  await store.put('old', 1);
  return { store, server: await startServer(store, { port: 0 }) };
}

/**
 * Checks that the store agrees with the outcome that the client knows. The commit must be complete or absent.
 * The client must have left no lock and no transaction.
 */
async function check({ store, server }: Scene, told: Told, where: string): Promise<void> {
  await until(() => server.connections === 0);
  const values = await store.getMany(['a', 'b', 'old']);
  const all = [1, 2, undefined].map((value) => (typeof value === 'number' ? String(value) : value));
  const outcome = values.map((value) => (value === undefined ? value : String(value)));
  if (told === 'committed') expect(outcome, where).toEqual(all);
  else if (told === 'failed') expect(outcome, where).toEqual([undefined, undefined, '1']);
  else expect([all, [undefined, undefined, '1']], where).toContainEqual(outcome);
  expect(store.locks(), where).toEqual({ held: [], waiting: [] });
  expect(store.stats(), where).toMatchObject({
    activeTransactions: 0,
    activeSnapshots: 0,
    waitingOperations: 0,
  });
  await server.close({ drainTimeout: 0 });
  await store.close();
}

/**
 * Moves a value with a RemoteStore through a proxy with these faults. Returns the outcome and the number of
 * bytes in each direction.
 */
async function runRemote(faults: Faults, where: string): Promise<{ sent: number; got: number; told: Told }> {
  const scene = await openScene();
  const proxy = await openProxy(scene.server.port ?? 0, () => faults);
  const options = { port: proxy.port, reconnectTimeout: 0 };
  let told: Told = 'failed';
  try {
    const client = await connect(options);
    try {
      const tx = await client.begin();
      await tx.getForUpdate('old');
      await tx.put('a', 1);
      for await (const _ of tx.entries({ prefix: 'o' }));
      const savepoint = await tx.savepoint();
      await tx.put('b', 'wrong');
      await tx.rollbackTo(savepoint);
      await Promise.all([tx.put('b', 2), tx.del('old')]);
      await tx.commit();
      told = 'committed';
    } finally {
      await client.close();
    }
  } catch (error) {
    expect(error, where).toBeInstanceOf(MemStoreError);
    if (told === 'failed') told = (error as MemStoreError).code === 'COMMIT_UNKNOWN' ? 'unknown' : 'failed';
  }
  const { toServer, toClient } = proxy.pipes[0] ?? {};
  await proxy.close();
  await check(scene, told, where);
  return { sent: toServer?.delivered ?? 0, got: toClient?.delivered ?? 0, told };
}

describe('a connection that is cut', () => {
  it('after any byte of our client leaves a complete commit or none, as the client was told', async () => {
    const whole = await runRemote({}, 'whole');
    expect(whole.told).toBe('committed');
    const told = new Map<Told, number>();
    for (const direction of ['toServer', 'toClient'] as const)
      for (let bytes = 1; bytes <= (direction === 'toServer' ? whole.sent : whole.got); bytes++) {
        const run = await runRemote({ [direction]: { cutAfterBytes: bytes } }, `${direction} after ${bytes}`);
        told.set(run.told, (told.get(run.told) ?? 0) + 1);
      }
    // Every outcome has occurred, so the checks above were not vacuous.
    expect([...told.keys()].sort()).toEqual(['committed', 'failed', 'unknown']);
  });

  const lines = ['BEGIN', 'GETFORUPDATE old 2', 'PUT a 1 2', 'PUT b 2 2', 'DEL old 2', 'COMMIT 2', ''].join(
    '\n',
  );
  const words = [
    ['BEGIN'],
    ['TX', '2', 'GETFORUPDATE', 'old'],
    ['TX', '2', 'MSET', 'a', '1', 'b', '2'],
    ['TX', '2', 'DEL', 'old'],
    ['COMMIT', '2'],
  ];
  const arrays = words
    .map(
      (request) =>
        `*${request.length}\r\n${request.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`,
    )
    .join('');
  for (const [form, bytes, sign] of [
    ['plain lines', lines, '"status":"Ok"'],
    ['RESP', arrays, '+OK'],
  ] as const) {
    it(`after any byte of ${form} leaves a complete commit or none, and no lock`, async () => {
      for (let length = 0; length <= bytes.length; length++) {
        const scene = await openScene();
        const peer = await openPeer({ port: scene.server.port ?? 0 });
        peer.send(bytes.slice(0, length));
        peer.socket.end();
        const answers = await peer.end();
        expect(answers, `${length}`).not.toMatch(/rror|^-/);
        const isWhole = length === bytes.length;
        if (isWhole) expect(answers.split(sign).length, `${length}`).toBeGreaterThan(1);
        await check(scene, isWhole ? 'committed' : 'failed', `${form} ${length}`);
      }
    });
  }

  it('while its commit waits for a lock cancels the wait and commits nothing', async () => {
    const scene = await openScene();
    const holder = await scene.store.begin();
    await holder.put('b', 'held');
    const peer = await openPeer({ port: scene.server.port ?? 0 });
    // The writes after the transaction are one-shot operations.
    peer.send('BEGIN\nPUT a 1 3\nPUT b 2 3\nCOMMIT 3\nPUT b 3\nPUT b 4\nPUT a 5\n');
    await until(() => scene.store.locks().waiting.length === 2);
    peer.socket.destroy();
    await until(() => scene.store.stats().activeTransactions === 1);
    expect(scene.store.locks()).toEqual({
      held: [{ transactionId: holder.id, key: 'b', mode: 'exclusive' }],
      waiting: [],
    });
    await holder.rollback();
    await check(scene, 'failed', 'waiting');
  });
});
