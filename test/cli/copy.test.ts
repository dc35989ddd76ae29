import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, MemStore, startServer } from 'memstore-tx';
import { openStore } from 'memstore-tx/open';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missingEtcd } from '../etcd/etcd-cluster.ts';
import { useCluster } from '../etcd/open-cluster.ts';
import { useBuiltCommand } from './built-command.ts';
import { openTerminal } from './open-terminal.ts';
import { runCommand, startServe } from './run-command.ts';

useBuiltCommand();

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'memstore-data-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

async function served(count: number): Promise<string> {
  const store = new MemStore();
  await store.putMany(Array.from({ length: count }, (_, n) => [`n:${n}`, n]));
  const server = await startServer(store, { port: 0 });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  return `memstore://127.0.0.1:${server.port}`;
}

describe('memstore copy', () => {
  it('copies a served store to disk, and refuses to do it twice', async () => {
    const [from, to] = [await served(1_234), `lmdb:${folder()}`];
    expect(await runCommand(['copy', from, to])).toEqual({
      status: 0,
      stdout: 'copied 1,234 entries\n',
      stderr: '',
    });
    const copy = await openStore(to);
    expect(await copy.get('n:1233')).toBe(1_233);
    await copy.close();
    const again = await runCommand(['copy', from, to]);
    expect({ status: again.status, stdout: again.stdout }).toEqual({ status: 1, stdout: '' });
    expect(again.stderr).toMatch(/^memstore: The destination is not empty/);
    const one = await runCommand(['copy', from, 'memory:', '--prefix', 'n:123']);
    expect(one.stdout).toBe('copied 5 entries\n');
  });

  it('draws a bar on a terminal', async () => {
    const terminal = openTerminal(['copy', await served(1_000), 'memory:']);
    await terminal.until(/copying █+.* 100%.*1000 of 1000.*copied 1,000 entries/s);
    expect(await terminal.exitStatus).toBe(0);
  });

  it('says why a store does not open, with the status for it, and shows no password', async () => {
    const path = folder();
    const holder = await openStore(`lmdb:${path}`);
    onTestFinished(() => holder.close());
    const cases = [
      ['memstore://me:secret@host/x', 2],
      ['redis://me:secret@host', 2],
      ['memstore://me:secret@127.0.0.1:1', 4],
      [`lmdb:${path}`, 5],
    ] as const;
    for (const [url, expected] of cases) {
      const { status, stdout, stderr } = await runCommand(['copy', url, 'memory:']);
      expect({ url, status, stdout }).toEqual({ url, status: expected, stdout: '' });
      expect(stderr).toMatch(/^memstore: .+\n$/);
      expect(stderr).not.toContain('secret');
    }
  });
});

describe('memstore serve', () => {
  it('keeps what is committed in the directory of --data', async () => {
    const path = folder();
    for (const round of [0, 1]) {
      const server = await startServe(['--port', '0', '--data', path]);
      await server.stderr.until(`"event":"loaded","loaded":${round},`);
      const remote = await connect(server.url);
      expect(await remote.get('a')).toBe(round === 0 ? undefined : 'kept');
      await remote.put('a', 'kept');
      await remote.close();
      const second = await runCommand(['serve', '--port', '0', '--data', path]);
      expect(second).toMatchObject({ status: 5, stdout: '' });
      server.child.kill('SIGKILL');
      await server.ended;
    }
  });

  it('shows on a terminal how much is loaded', async () => {
    const path = folder();
    const store = await openStore(`lmdb:${path}`);
    await store.putMany(Array.from({ length: 1_000 }, (_, n) => [`n:${n}`, n]));
    await store.close();
    const terminal = openTerminal(['serve', '--port', '0', '--data', path]);
    await terminal.until(/loading █+.* 100%.*1000 of 1000.*loaded 1,000 entries.*ready memstore:/s);
  });

  it('takes no bound of memory for a store on a cluster', async () => {
    const { status, stderr } = await runCommand(['serve', '--etcd', 'a:1', '--max-memory', '1mb']);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/cannot be used with/),
    });
  });
});

describe.skipIf(missingEtcd !== undefined)(
  `memstore serve --etcd${missingEtcd === undefined ? '' : ` (skipped: ${missingEtcd})`}`,
  () => {
    const etcd = useCluster(1);

    it('serves a store on a cluster, under its prefix', async () => {
      const hosts = etcd.cluster.hosts.join(',');
      const server = await startServe(['--port', '0', '--etcd', hosts, '--etcd-prefix', 'shop']);
      const remote = await connect(server.url);
      onTestFinished(() => remote.close());
      await remote.transaction((tx) => tx.put('a', 1));
      expect(await (await etcd.open({ prefix: 'shop' })).get('a')).toBe(1);
    });
  },
);
