import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, MemStore, MemStoreError, type Store, startServer, type Transaction } from 'memstore-tx';
import { openStore } from 'memstore-tx/open';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useBuiltCommand } from './built-command.ts';
import { keys, openTerminal } from './open-terminal.ts';
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

/** Returns a proxy of the object with one method replaced. */
function replacing<T extends object, K extends keyof T>(target: T, name: K, method: T[K]): T {
  return new Proxy(target, {
    get(object, property) {
      const value: unknown = property === name ? method : Reflect.get(object, property, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}

/** Serves a store that answers `ttl` for at most `most` entries, and then waits until `goOn` is called. */
async function stoppingSource(count: number, most: number): Promise<{ url: string; goOn: () => void }> {
  const store: Store<Record<string, unknown>> = new MemStore();
  await store.putMany(Array.from({ length: count }, (_, n) => [`n:${n}`, n]));
  let left = most;
  const stopping = replacing(store, 'begin', async (options) => {
    const snapshot = (await store.begin(options)) as Transaction<Record<string, unknown>>;
    let end: (error: Error) => void = () => {};
    const rolledBack = new Promise<never>((_, reject) => {
      end = reject;
    });
    const rollback = async (): Promise<void> => {
      end(new MemStoreError('TRANSACTION_ABORTED', 'The snapshot was rolled back.'));
      await snapshot.rollback();
    };
    rolledBack.catch(() => {});
    const answering = replacing(snapshot, 'ttl', (key) => (left-- > 0 ? snapshot.ttl(key) : rolledBack));
    return replacing(answering, 'rollback', rollback);
  });
  const server = await startServer(stopping, { port: 0 });
  onTestFinished(async () => {
    await server.close({ drainTimeout: 0 });
    await store.close();
  });
  return {
    url: `memstore://127.0.0.1:${server.port}`,
    goOn: () => {
      left = Number.POSITIVE_INFINITY;
    },
  };
}

describe('memstore copy', () => {
  it('copies a served store to disk, and refuses to copy into it again', async () => {
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

  it('refuses a missing source, and does not create it', async () => {
    const path = join(folder(), 'mistyped');
    expect(await runCommand(['copy', `lmdb:${path}`, 'memory:'])).toEqual({
      status: 5,
      stdout: '',
      stderr: `memstore: ${path} has no LMDB store: the file data.mdb is missing.\n`,
    });
    expect(existsSync(path)).toBe(false);
  });

  it('draws a progress bar on a terminal', async () => {
    const terminal = openTerminal(['copy', await served(1_000), 'memory:']);
    const shown = await terminal.until(/copying █+.* 100%.*1000 of 1000.*copied 1,000 entries/s);
    expect(shown).not.toMatch(/LLs|NFs/);
    expect(await terminal.exitStatus).toBe(0);
  });

  it.each(['Ctrl-C', 'SIGKILL'] as const)(
    'starts again after an interruption (%s); until then the partial copy is refused as a source',
    async (end) => {
      const [source, to] = [await stoppingSource(1_000, 250), `lmdb:${folder()}`];
      const terminal = openTerminal(['copy', source.url, to]);
      await terminal.until(/200 of 1000/);
      if (end === 'Ctrl-C') {
        terminal.press(keys.ctrlC);
        await terminal.until('memstore: The copy was interrupted. Run the same command to start it again.');
        expect(await terminal.exitStatus).toBe(130);
      } else {
        terminal.kill();
        await terminal.exitStatus;
      }
      const refused = await runCommand(['copy', to, 'memory:']);
      expect(refused).toEqual({
        status: 1,
        stdout: '',
        stderr:
          'memstore: The source is incomplete: a copy into it was interrupted. Run that copy again first.\n',
      });
      source.goOn();
      const again = await runCommand(['copy', source.url, to]);
      expect(again).toEqual({ status: 0, stdout: 'copied 1,000 entries\n', stderr: '' });
      expect(await runCommand(['copy', to, 'memory:'])).toEqual(again);
    },
  );

  it('reports why a store does not open, with its own exit status and without the password', async () => {
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
  it('keeps committed data in the directory of --data', async () => {
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

  it('shows the loading progress on a terminal', async () => {
    const path = folder();
    const store = await openStore(`lmdb:${path}`);
    await store.putMany(Array.from({ length: 1_000 }, (_, n) => [`n:${n}`, n]));
    await store.close();
    const terminal = openTerminal(['serve', '--port', '0', '--data', path]);
    await terminal.until(/loading █+.* 100%.*1000 of 1000.*loaded 1,000 entries.*ready memstore:/s);
  });

  it('logs the loading progress from time to time without a terminal', async () => {
    const path = folder();
    const store = await openStore(`lmdb:${path}`);
    await store.putMany(Array.from({ length: 260_000 }, (_, n) => [`n:${n}`, n]));
    await store.close();
    const server = await startServe(['--port', '0', '--data', path]);
    const logs = server.stderr.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; message: string });
    expect(logs.slice(0, 2)).toMatchObject([
      {
        level: 'info',
        event: 'loading',
        loaded: 250_000,
        total: 260_000,
        message: 'loading: 250,000 of 260,000 entries',
      },
      { level: 'info', event: 'loaded', loaded: 260_000, message: 'loaded 260,000 entries' },
    ]);
  });
});
