import { MemStore, startServer } from 'memstore-tx';
import { beforeEach, describe, expect, it } from 'vitest';
import { useBuiltCommand } from './built-command.ts';
import { keys, openTerminal } from './open-terminal.ts';
import { runCommand, startCommand } from './run-command.ts';

useBuiltCommand();

let store: MemStore;
let port: number;

beforeEach(async () => {
  store = new MemStore();
  const server = await startServer(store, { port: 0 });
  port = server.port ?? 0;
  return async () => {
    await server.close({ drainTimeout: 0 });
    await store.close();
  };
});

function pairsOf(line: string): Record<string, string> {
  return Object.fromEntries(line.split(' ').map((pair) => pair.split('=')));
}

describe('memstore top', () => {
  it('prints one line per interval without a terminal, and exits after the given number of lines', async () => {
    await store.put('a', 1);
    const { status, stdout } = await runCommand(['top', `:${port}`, '--interval', '10ms', '--count', '3']);
    const lines = stdout.trim().split('\n').map(pairsOf);
    expect({ status, count: lines.length }).toEqual({ status: 0, count: 3 });
    expect(lines[2]).toMatchObject({ open: '0', waiting: '0', entries: '1', clients: '1', 'commits/s': '0' });
    expect(Number(lines[2]?.['rss'])).toBeGreaterThan(1_000_000);
    expect(Date.parse(lines[2]?.['time'] ?? '')).not.toBeNaN();
  });

  it('counts the operations between two lines', async () => {
    const top = startCommand(['top', `:${port}`, '--interval', '10ms']);
    await top.stdout.until('\n');
    await store.put('a', 1);
    await top.stdout.until(/commits\/s=(?!0 )\S+ /);
    const open = await store.begin();
    await open.put('b', 1);
    await top.stdout.until(/ open=1 /);
    const waiting = store.put('b', 2);
    await top.stdout.until(/ waiting=1 /);
    await open.rollback();
    await waiting;
    await top.stdout.until(/ open=0 snapshots=0 waiting=0 /);
  });

  it('fails if the server cannot be reached', async () => {
    expect(await runCommand(['top', 'memstore+unix:///nowhere.sock'])).toMatchObject({
      status: 4,
      stdout: '',
    });
  });

  it('draws a screen on a terminal with waiters, deadlocks and memory, and exits on q', async () => {
    const top = openTerminal(['top', `:${port}`, '--interval', '10ms']);
    const first = await top.until('No transaction waits for a lock.');
    expect(first).toMatch(/memstore top +127\.0\.0\.1:\d+ .*q quits/);
    expect(first).toMatch(/memory +[\d.]+ MB +heap [\d.]+ MB/);
    const [older, younger] = [await store.begin(), await store.begin()];
    await older.put('a', 1);
    await younger.put('b', 1);
    const waiting = older.put('b', 2);
    await top.until(new RegExp(`${older.id} +exclusive +"b" +${younger.id}`));
    await expect(younger.put('a', 2)).rejects.toMatchObject({ code: 'DEADLOCK' });
    await waiting;
    await top.until('1 in total');
    top.press(' ');
    await top.until('paused; space resumes');
    top.press(' ');
    await top.until('q quits');
    top.press('q');
    expect(await top.exitStatus).toBe(0);
    await older.commit();
  });

  it('continues when the server is available again', async () => {
    const server = await startServer(store, { port: 0 });
    const top = openTerminal(['top', `:${server.port}`, '--interval', '10ms']);
    await top.until('q quits');
    await server.close({ drainTimeout: 0 });
    await top.until('connection lost');
    const again = await startServer(store, { port: server.port });
    await top.until('q quits');
    top.press(keys.ctrlC);
    expect(await top.exitStatus).toBe(0);
    await again.close({ drainTimeout: 0 });
  });
});
