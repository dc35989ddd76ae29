import { MemStore, startServer } from 'memstore-tx';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { DEMO_LINES, DEMO_REPLIES } from '../server/demo-session.ts';
import { openPeer } from '../server/peer.ts';
import { useBuiltCommand } from './built-command.ts';
import { runCommand, startCommand } from './run-command.ts';

useBuiltCommand();

let store: MemStore;
let port: number;

beforeEach(async () => {
  store = new MemStore({ lockTimeout: 60_000 });
  const server = await startServer(store, { port: 0 });
  port = server.port ?? 0;
  return async () => {
    await server.close({ drainTimeout: 0 });
    await store.close();
  };
});

/** Runs a script. Returns its answers, its exit status and its standard error. */
async function run(
  lines: readonly string[],
): Promise<{ answers: unknown[]; status: number | string | null; stderr: string }> {
  const { stdout, status, stderr } = await runCommand(['connect', `:${port}`], lines.join('\n'));
  const answers = stdout.split('\n').filter((line) => line !== '');
  return { answers: answers.map((line): unknown => JSON.parse(line)), status, stderr };
}

const ok = { status: 'Ok' };

describe('memstore connect in a pipe', () => {
  it('runs the example session of the Python demo server that this project reimplements', async () => {
    const { answers, status, stderr } = await run(DEMO_LINES);
    expect(answers).toEqual(DEMO_REPLIES);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('remembers its current transaction', async () => {
    const { answers } = await run([
      'begin',
      'put a "two words"',
      'get a',
      'use',
      'get a',
      'use 1',
      'savepoint',
      'del a',
      'exists a',
      'rollbackto 1',
      'commit',
      'get a',
    ]);
    const done = (result: unknown): unknown => ({ status: 'Ok', result });
    expect(answers).toEqual([
      ...[
        { status: 'Ok', transaction_id: 1 },
        ok,
        done('two words'),
        ok,
        done(null),
        ok,
        done(1),
        done(1),
        done(0),
      ],
      ...[ok, ok, done('two words')],
    ]);
  });

  it('answers the remaining TTL in the form that the server uses', async () => {
    const { answers } = await run(['PUT a 1', 'PUT b 1 PX 1000000', 'PTTL a', 'PTTL b', 'PTTL c']);
    const results = [-1, expect.any(Number), -2].map((result) => ({ status: 'Ok', result }));
    expect(answers.slice(2)).toEqual(results);
  });

  it('continues after a failed command, and exits with a failure status', async () => {
    const { answers, status } = await run([
      'FROB',
      'GTE a',
      'GET',
      'COMMIT',
      'GET a 7',
      'GET "a',
      'PUT a 1',
      'GET a',
    ]);
    expect(answers).toEqual([
      {
        status: 'Error',
        code: 'UNKNOWN_COMMAND',
        mesg: 'There is no command "FROB". HELP lists the commands.',
      },
      { status: 'Error', code: 'UNKNOWN_COMMAND', mesg: 'There is no command "GTE". Did you mean GET?' },
      { status: 'Error', code: 'INVALID_OPTION', mesg: 'The usage is GET key [id]' },
      { status: 'Error', code: 'INVALID_OPTION', mesg: 'COMMIT needs a transaction: send BEGIN first.' },
      { status: 'Error', code: 'UNKNOWN_TRANSACTION', mesg: 'This connection has no open transaction 7.' },
      {
        status: 'Error',
        code: 'INVALID_OPTION',
        mesg: 'Every quote must be closed and followed by a space.',
      },
      ok,
      { status: 'Ok', result: '1' },
    ]);
    expect(status).toBe(1);
  });

  it('rejects writes after its transaction was rolled back, until ROLLBACK', async () => {
    const other = await store.begin();
    await other.put('mine', 1);
    const script = startCommand(['connect', `:${port}`]);
    script.send('BEGIN\nPUT yours 1\nPUT mine 2\n');
    await script.stdout.until(/transaction_id":2\}\n.*\n/);
    // The transaction of the script is younger, so it is the victim.
    await other.put('yours', 2);
    await script.stdout.until('DEADLOCK');
    script.send('PUT a 1\n');
    await script.stdout.until('DEADLOCK');
    script.send('ROLLBACK\nPUT b 1\n');
    expect((await script.finish()).status).toBe(1);
    expect([await store.get('a'), await store.get('b')]).toEqual([undefined, '1']);
    await other.rollback();
  });

  it('lets a later command unblock a waiting one, and answers in order', async () => {
    const { answers, status } = await run([
      'BEGIN',
      'PUT a 1',
      'BEGIN',
      'GET a 2',
      'COMMIT 2',
      'COMMIT 1',
      'GET a',
    ]);
    expect(answers.slice(3)).toEqual([{ status: 'Ok', result: '1' }, ok, ok, { status: 'Ok', result: '1' }]);
    expect(status).toBe(0);
  });

  it('runs commands without a transaction one after the other', async () => {
    const script = Array.from({ length: 3_000 }, (_, i) => [`PUT a ${i}`, 'GET a']).flat();
    const { answers } = await run(script);
    const read = answers.filter((_, index) => index % 2 === 1);
    expect(read).toEqual(Array.from({ length: 3_000 }, (_, i) => ({ status: 'Ok', result: String(i) })));
  });

  it('shows every value in the form of plain lines', async () => {
    const cycle: unknown[] = [];
    cycle.push(new Map([['inside', cycle]]));
    const values: readonly unknown[] = [
      ...['text', '', 5, Number.NaN, true, null, 12n, new Date(0), /a/g, new Uint8Array([255])],
      ...[new Map([['a', new Set([1, 2n])]]), new Map([[1, 2]]), { bytes: new Uint8Array([1, 2]) }],
      ...[
        new Error('wrong'),
        [undefined, new Date(Number.NaN)],
        new ArrayBuffer(2),
        { nested: { a: [1] } },
        cycle,
      ],
    ];
    for (const [index, value] of values.entries()) await store.put(`key${index}`, value);
    const script = values.map((_, index) => `GET key${index}`);
    const peer = await openPeer({ port });
    const expected: unknown[] = [];
    for (const line of script) expected.push(await peer.ask(line));
    peer.socket.destroy();
    expect((await run(script)).answers).toEqual(expected);
  });

  it('shows reports in the form of plain lines, and returns all rows without LIMIT', async () => {
    const keys = Array.from({ length: 2_000 }, (_, i) => `k${String(i).padStart(4, '0')}`);
    await store.putMany(keys.map((key): [string, unknown] => [key, key]));
    const { answers } = await run([
      ...[
        'BEGIN',
        'PUT k0000 new',
        'LOCKS',
        'SHOWALL',
        'SHOWALL LIMIT 1',
        'ENTRIES PREFIX k199 REVERSE LIMIT 2',
        'USE',
      ],
      ...['ENTRIES', 'MGET k0001 none', 'MSET a 1 b 2', 'DBSIZE', 'STATS', 'INFO'],
    ]);
    const results = answers.map((answer) => (answer as { result?: unknown }).result);
    expect(results[2]).toEqual({
      held: [{ transactionId: 2, key: 'k0000', mode: 'exclusive' }],
      waiting: [],
    });
    expect(results[3]).toEqual(keys.map((key, index) => [key, key, index === 0 ? 2 : null]));
    expect(results[4]).toEqual([['k0000', 'k0000', 2]]);
    expect(results[5]).toEqual([
      ['k1999', 'k1999'],
      ['k1998', 'k1998'],
    ]);
    expect(results[7]).toEqual(keys.map((key) => [key, key]));
    expect(results[8]).toEqual(['k0001', null]);
    expect(results[10]).toBe(2_002);
    expect(results[11]).toMatchObject({ entries: 2_002, activeTransactions: 1 });
    expect(results[12]).toMatchObject({ server_name: 'memstore', connected_clients: '1' });
  });

  it('accepts times to live and lock timeouts', async () => {
    const holder = await store.begin();
    await holder.put('held', 1);
    const { answers } = await run([
      'PUT a 1 PX 1000000',
      'PUT b 1 EX 1000',
      'LOCKTIMEOUT 0 PUT held 2',
      'EXISTS a',
      'EXISTS c',
    ]);
    await holder.rollback();
    expect(answers[2]).toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    expect(answers.slice(3)).toEqual([
      { status: 'Ok', result: 1 },
      { status: 'Ok', result: 0 },
    ]);
    expect(store.stats().expiringEntries).toBe(2);
  });

  it('reports the open transactions that it rolled back at the end', async () => {
    const { status, stderr } = await run(['BEGIN', 'PUT a 1']);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'memstore: open transactions at the end of the script were rolled back: 1\n',
    });
    expect(await store.get('a')).toBeUndefined();
  });

  it('stops at EXIT, and reads the server from MEMSTORE_URL', async () => {
    const { stdout, status } = await runCommand(['connect'], 'PING\nEXIT\nPING\n', {
      MEMSTORE_URL: `memstore://localhost:${port}`,
    });
    expect({ stdout, status }).toEqual({ stdout: '{"status":"Ok","result":"PONG"}\n', status: 0 });
  });

  it('exits with status 4 if there is no server', async () => {
    const { stdout, status, stderr } = await runCommand(
      ['connect', 'memstore+unix:///nowhere.sock'],
      'PING\n',
    );
    expect({ stdout, status }).toEqual({ stdout: '', status: 4 });
    expect(stderr).toBe(
      'memstore: Cannot connect to /nowhere.sock: no server listens there. Is "memstore serve" running?\n',
    );
  });

  it('does not hang when the connection is lost', async () => {
    const server = await startServer(store, { port: 0 });
    onTestFinished(() => server.close());
    const script = startCommand(['connect', `:${server.port}`]);
    script.send('BEGIN\nPUT a 1\n');
    await script.stdout.until(/transaction_id.*\n.*\n/);
    await server.close({ drainTimeout: 0 });
    script.send('PUT b 2\nUSE\nPUT c 3\n');
    await script.stdout.until(/CONNECTION_LOST.*\n.*Ok.*\n.*CONNECTION_LOST/);
    expect((await script.finish()).status).toBe(1);
  });

  it('exits when the reader closes its standard output', async () => {
    const script = startCommand(['connect', `:${port}`]);
    script.child.stdout?.destroy();
    script.send('PING\n');
    expect((await script.ended).status).toBe(1);
  });
});
