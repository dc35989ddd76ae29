import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MemStore, type MemStoreServer, startServer } from 'memstore-tx';
import { beforeEach, describe, expect, it } from 'vitest';
import { scratch, useBuiltCommand } from './built-command.ts';
import { keys, openTerminal, type Terminal } from './open-terminal.ts';

useBuiltCommand();

let store: MemStore;
let server: MemStoreServer;

beforeEach(async () => {
  store = new MemStore({ lockTimeout: 60_000 });
  server = await startServer(store, { port: 0 });
  return async () => {
    await server.close({ drainTimeout: 0 });
    await store.close();
  };
});

async function openPrompt(env: NodeJS.ProcessEnv = {}): Promise<Terminal> {
  const terminal = openTerminal(['connect', `:${server.port}`], env);
  await terminal.until('memstore> ');
  return terminal;
}

/** The duration that the prompt prints after each answer. */
const time = /\([\d.]+ (ms|s)\)/;
const answer = (text: string): RegExp => new RegExp(`${text}.*${time.source}`);

describe('the prompt of memstore connect', () => {
  it('runs the example session of the Python demo server that this project reimplements', async () => {
    const prompt = await openPrompt();
    await prompt.type('BEGIN', answer('OK transaction 1'));
    await prompt.type('PUT nameofkey value999 1', answer('OK'));
    await prompt.type('GET nameofkey 1', answer('"value999"'));
    await prompt.type('BEGIN', answer('OK transaction 2'));
    await prompt.type('PUT house large 2', answer('OK'));
    await prompt.type('PUT house small 2', answer('OK'));
    await prompt.type('ROLLBACK 2', answer('OK'));
    await prompt.type('DEL 2', answer('the key did not exist'));
    await prompt.type('COMMITALL', answer('OK'));
    const table = await prompt.type('SHOWALL', '1 entry');
    expect(table).toMatch(/key +value +held by\s+nameofkey +"value999" +-\s/);
    await prompt.type('EXIT', 'Bye.');
    expect(await prompt.exitStatus).toBe(0);
    expect(await store.get('nameofkey')).toBe('value999');
  });

  it('runs the example session when it is pasted, and shows each command with its answer', async () => {
    const prompt = await openPrompt();
    prompt.press(['BEGIN', 'PUT a 1', 'BEGIN', 'PUT b 2', 'ROLLBACK', 'COMMIT', 'GET a', 'GE'].join('\r'));
    const transcript = await prompt.until(/"1" {2}\(.*\)\s+memstore> GE$/);
    const lines = transcript
      .split(/\r?\n/)
      .map((line) => line.replace(/ {2}\(.*/, '').trimEnd())
      .filter((line) => line !== '');
    expect(lines.slice(1)).toEqual([
      'OK transaction 1',
      'memstore[1]> PUT a 1',
      'OK',
      'memstore[1]> BEGIN',
      'OK transaction 2',
      'memstore[2]> PUT b 2',
      'OK',
      'memstore[2]> ROLLBACK',
      'OK',
      'memstore[1]> COMMIT',
      'OK',
      'memstore> GET a',
      '"1"',
      'memstore> GE',
    ]);
  });

  it('remembers its current transaction', async () => {
    const prompt = await openPrompt();
    await prompt.type('begin', 'memstore[1]> ');
    await prompt.type('put a "two words"', answer('OK'));
    await prompt.type('use', 'memstore> ');
    await prompt.type('get a', 'no such key');
    await prompt.type('begin readonly', 'memstore[2 snapshot]> ');
    await prompt.type('put b 1', /READ_ONLY .*BEGIN without READONLY/s);
    await prompt.type('rollback', 'memstore[1]> ');
    await prompt.type('commit', 'memstore> ');
    expect(await store.get('a')).toBe('two words');
  });

  it('accepts commands while another one waits, and keeps the edited line when the answer arrives', async () => {
    const other = await store.begin();
    await other.put('a', 'one');
    const prompt = await openPrompt();
    await prompt.type('BEGIN', 'memstore[2]> ');
    await prompt.type('GET a', '… waits.');
    await prompt.until('memstore[2]> ');
    const locks = await prompt.type('LOCKS', answer(''));
    expect(locks).toMatch(/1 +exclusive +"a"/);
    expect(locks).toMatch(/2 +shared +"a" +1/);
    await prompt.until('memstore[2]> ');
    expect(await prompt.type('LOCKS SUMMARY', answer(''))).toMatch(
      /waiting +1\s+longest wait .*\s+waiting +for\s+1 +"a"/,
    );
    await prompt.until('memstore[2]> ');
    // The line takes two rows, and the cursor is in the second.
    const half = 'half'.repeat(25);
    prompt.press(`PUT b ${half}`);
    await prompt.until(half.slice(-10));
    await other.commit();
    await prompt.until(/\[2\] GET a → "one" {2}\(.*\)\s+memstore\[2\]> PUT b half/);
    // The cursor moves up one row and to column 1, and everything below is cleared.
    await prompt.output.untilRaw('\x1b[1A\x1b[1G\x1b[0J\x1b[2m[2] GET a →');
    await prompt.type(' 2', answer('OK'));
    await prompt.type('GET b 2', half);
  });

  it('shows the remaining TTL, and accepts single quotes', async () => {
    const prompt = await openPrompt();
    await prompt.type("PUT a 'two words' EX 100", answer('OK'));
    await prompt.type('GET a', answer('"two words"'));
    await prompt.type('pttl a', answer('(100,000|99,\\d\\d\\d) ms'));
    await prompt.type('BEGIN', answer('OK transaction'));
    await prompt.type('PUT a x', answer('OK'));
    await prompt.type('PTTL a', answer('never expires'));
    await prompt.type('PTTL b', answer('the key does not exist'));
    await prompt.type('ttl a', 'Did you mean PTTL?');
    await prompt.type("PUT a 'x", 'Every quote must be closed');
  });

  it('cancels a waiting command on Ctrl-C, then clears the line, then explains how to exit', async () => {
    const holder = await store.begin();
    await holder.put('a', 1);
    const prompt = await openPrompt();
    await prompt.type('PUT a 2', '… waits.');
    await prompt.until('memstore> ');
    prompt.press('typed', keys.ctrlC);
    await prompt.until(/PUT a 2 → Cancelled\. {2}\([\d.]+ m?s\)\s+memstore> typed/);
    expect(store.locks().waiting).toEqual([]);
    prompt.press(keys.ctrlC);
    await prompt.until(/\^C\s+memstore> /);
    prompt.press(keys.ctrlC);
    await prompt.until('(Ctrl-D or EXIT quits)');
    prompt.press(keys.ctrlD);
    await prompt.until('Bye.');
    expect(await prompt.exitStatus).toBe(0);
    await holder.rollback();
  });

  it('stays in a transaction that was a deadlock victim, and explains the deadlock', async () => {
    const older = await store.begin();
    await older.put('mine', 1);
    const prompt = await openPrompt();
    await prompt.type('BEGIN', 'memstore[2]> ');
    await prompt.type('PUT yours 1', answer('OK'));
    const other = older.put('yours', 2);
    const text = await prompt.type('PUT mine 2', 'memstore[2 rolled back]> ');
    expect(text).toMatch(/DEADLOCK .*2 is the youngest/s);
    expect(text).toContain('2 waits for "mine" (exclusive), blocked by 1');
    expect(text).toContain('1 waits for "yours" (exclusive), blocked by 2');
    await other;
    await prompt.type('PUT a 1', 'DEADLOCK');
    await prompt.type('ROLLBACK', answer('OK'));
    await older.commit();
    expect(await store.has('a')).toBe(false);
  });

  it('completes commands, keys and transactions', async () => {
    await store.put('alpha', 1);
    await store.put('alphabet', 1);
    await store.put('two words', 2);
    const prompt = await openPrompt();
    // Pasted text is not completed. So the test sends a key only after the output of the previous key.
    prompt.press('exis');
    await prompt.until('exis');
    prompt.press(keys.tab);
    await prompt.until('ts ');
    prompt.press('al');
    await prompt.until('al');
    prompt.press(keys.tab);
    await prompt.until('pha');
    prompt.press(keys.tab);
    await prompt.until(/alpha +alphabet/);
    prompt.press(keys.enter);
    await prompt.until(answer('yes'));
    await prompt.until('memstore> ');
    prompt.press('get two');
    await prompt.until('get two');
    prompt.press(keys.tab);
    await prompt.until('get "two words" ');
    prompt.press(keys.enter);
    await prompt.until(answer('2'));
    await prompt.type('BEGIN', /memstore\[\d+\]> /);
    prompt.press('COMMITA');
    await prompt.until('COMMITA');
    prompt.press(keys.tab);
    await prompt.until('LL ');
  });

  it('keeps a history for the next prompt in a file that only its owner can read', async () => {
    const file = join(scratch, 'state/memstore/history');
    const env = { MEMSTORE_HISTORY: undefined, XDG_STATE_HOME: join(scratch, 'state') };
    const first = await openPrompt(env);
    await first.type('PUT a kept', answer('OK'));
    await first.type('PING', answer('PONG'));
    first.press(keys.ctrlD);
    await first.exitStatus;
    expect(readFileSync(file, 'utf8')).toBe('PUT a kept\nPING\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await store.del('a');
    const second = await openPrompt(env);
    second.press(keys.up, keys.up, keys.enter);
    await second.until(answer('OK'));
    expect(await store.get('a')).toBe('kept');
  });

  it('edits lines', async () => {
    const prompt = await openPrompt();
    prompt.press('PUT a 13');
    await prompt.until('PUT a 13');
    prompt.press(keys.left);
    await prompt.output.untilRaw('\x1b[1D');
    prompt.press('2');
    await prompt.until('23');
    prompt.press(keys.enter);
    await prompt.until(answer('OK'));
    expect(await store.get('a')).toBe('123');
  });

  it('shows values as Node.js does, and reports as tables', async () => {
    await store.put('map', new Map([['a', [1n, new Date(0)]]]));
    const prompt = await openPrompt();
    await prompt.type('GET map', "Map(1) { 'a' => [ 1n, 1970-01-01T00:00:00.000Z ] }");
    await prompt.type('MGET map none', /map → Map.*none → \(no such key\)/s);
    await prompt.type('ENTRIES PREFIX m', /key +value.*map +Map\(1\).*1 entry/s);
    await prompt.type('STATS', /commits +1\s/);
    await prompt.type('INFO', /server_name +memstore/);
    await prompt.type('DBSIZE', answer('1 entry'));
    await prompt.until('memstore> ');
    const list = await prompt.type('HELP', 'memstore> ');
    expect(list).toMatch(/BEGIN \[READONLY\] \[IDLE.+ Opens.*EXIT/s);
    // The help for each command fits on one line.
    expect(list.split('\n').length - 1).toBeLessThanOrEqual(30);
    expect(Math.max(...list.split(/\r?\n/).map((line) => line.length))).toBeLessThanOrEqual(80);
    await prompt.type(
      'HELP set',
      /SET key value \[EX seconds\|PX milliseconds\] \[id\]\s+Writes a key; the same as PUT/,
    );
    await prompt.type('GTE a', 'Did you mean GET?');
  });

  it('shows the first thousand rows of a longer result', async () => {
    await store.putMany(Array.from({ length: 1_200 }, (_, i): [string, unknown] => [`key${i}`, i]));
    const prompt = await openPrompt();
    await prompt.type('SHOWALL', /1,000 entries, and there are more: use LIMIT n/);
    await prompt.type('ENTRIES LIMIT 1100', /1,100 entries\s/);
  });

  it('survives a lost connection, and shows which transaction was rolled back', async () => {
    const { port } = server;
    const prompt = await openPrompt();
    await prompt.type('BEGIN', 'memstore[1]> ');
    await prompt.type('PUT a 1', answer('OK'));
    await server.close({ drainTimeout: 0 });
    server = await startServer(store, { port });
    await prompt.type('PUT a 2', /CONNECTION_LOST .*were rolled back/s);
    await prompt.until('memstore[1 rolled back]> ');
    await prompt.type('ROLLBACK', 'memstore> ');
    await prompt.type('PUT a 3', answer('OK'));
    expect(await store.get('a')).toBe('3');
  });

  it('rolls back open transactions on exit, and reports them', async () => {
    const prompt = await openPrompt();
    await prompt.type('BEGIN', 'memstore[1]> ');
    await prompt.type('PUT a 1', answer('OK'));
    await prompt.type('quit', 'Open transactions that were rolled back: 1. Bye.');
    await prompt.exitStatus;
    expect(await store.has('a')).toBe(false);
  });

  it('prompts for the password if the server requires one', async () => {
    const guarded = await startServer(store, { port: 0, password: 'open sesame' });
    const prompt = openTerminal(['connect', `:${guarded.port}`]);
    await prompt.until('Server password:');
    prompt.press('open sesame', keys.enter);
    const shown = await prompt.until('memstore> ');
    expect(shown).toContain('***');
    expect(shown).not.toContain('sesame');
    await guarded.close({ drainTimeout: 0 });
  });
});
