import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { EtcdStore } from 'memstore-tx/etcd';
import { describe, expect, it, onTestFinished } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { EtcdCluster, missingEtcd } from './etcd-cluster.ts';
import { useCluster } from './use-cluster.ts';

/** Starts a host that accepts connections and never answers. */
async function silentHost(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const skipped = skipNote(missingEtcd);

describe.skipIf(missingEtcd)(`several endpoints${skipped}`, () => {
  const etcd = useCluster(1);

  it('are tried in turn, so one that answers is enough', async () => {
    const hosts = ['127.0.0.1:1', await silentHost(), ...etcd.cluster.hosts];
    const store = await etcd.open({ hosts, attemptTimeout: 200 });
    for (let count = 0; count < 10; count++) {
      await store.transaction(async (tx) => {
        await tx.put('n', (((await tx.getForUpdate('n')) as number | undefined) ?? 0) + 1);
      });
    }
    expect(await store.get('n')).toBe(10);
  });
});

describe('a cluster that does not answer', () => {
  it('fails an operation after requestTimeout', async () => {
    const opening = EtcdStore.open({ hosts: await silentHost(), requestTimeout: 300, attemptTimeout: 100 });
    await expect(opening).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  // These timeouts are longer than the test's, so only the signal can end an operation.
  const never = { requestTimeout: 600_000, attemptTimeout: 600_000 };

  it.skipIf(missingEtcd)(`fails an operation whose signal is aborted${skipped}`, async () => {
    const cluster = await EtcdCluster.start(1);
    onTestFinished(() => cluster.stop());
    const store = await EtcdStore.open({ hosts: cluster.hosts, ...never });
    await store.put('a', 1);
    const tx = await store.begin();
    cluster.pause(0);
    const operations: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
      get: (signal) => store.get('a', { signal }),
      'a transaction': (signal) => store.transaction((run) => run.get('a', { signal }), { signal }),
      'a snapshot': (signal) => store.begin({ readOnly: true, signal }),
      'a scan': (signal) => store.entries({ signal }).next(),
      'a read in a transaction': (signal) => tx.get('a', { signal }),
    };
    for (const [name, operation] of Object.entries(operations)) {
      const controller = new AbortController();
      const outcome = operation(controller.signal).catch((error: { code: string }) => error.code);
      await new Promise(setImmediate);
      controller.abort();
      expect({ name, outcome: await outcome }).toEqual({ name, outcome: 'ABORTED' });
    }
    cluster.resume(0);
    await store.close();
  });
});
