import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, MemStore, startServer } from 'memstore-tx';
import { type AnyStore, storeSuite } from 'memstore-tx/testing';
import { afterAll, describe, it } from 'vitest';

/** For each client, a function that closes its server and the store of that server. */
const behind = new WeakMap<AnyStore, () => Promise<void>>();

/** Connects a client to a server of its own. */
async function served(options: { readonly path?: string }): Promise<AnyStore> {
  const store = new MemStore();
  const server = await startServer(store, { port: 0, ...options });
  const remote = await connect(server.port === undefined ? options : { port: server.port });
  behind.set(remote, async () => {
    await server.close();
    await store.close();
  });
  return remote;
}

const cleanup = async (remote: AnyStore): Promise<void> => behind.get(remote)?.();

storeSuite('RemoteStore over TCP', () => served({}), { describe, it }, { cleanup });

let sockets = 0;
const directory = mkdtempSync(join(tmpdir(), 'memstore-'));
afterAll(() => rmSync(directory, { recursive: true }));
storeSuite(
  'RemoteStore over a Unix socket',
  () => served({ path: join(directory, `${++sockets}.sock`) }),
  { describe, it },
  { cleanup },
);
