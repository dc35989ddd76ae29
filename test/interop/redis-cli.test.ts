import { expect, it } from 'vitest';
import { serve } from '../server/serve.ts';
import { describeWith, run } from './programs.ts';
import { Terminal } from './terminal.ts';

/** Returns the output of `redis-cli` for one command. */
async function ask(port: number, ...words: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('redis-cli', ['-p', String(port), ...words]);
  expect(stderr).toBe('');
  return stdout.trimEnd();
}

function array(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

describeWith('redis-cli', () => {
  it('runs one command', async () => {
    const { store, port } = await serve();
    expect(await ask(port, 'PING')).toBe('PONG');
    expect(await ask(port, 'SET', 'a', 'two words')).toBe('OK');
    expect(await ask(port, 'GET', 'a')).toBe('two words');
    expect(await ask(port, 'GET', 'b')).toBe('');
    expect(await ask(port, '--no-raw', 'GET', 'b')).toBe('(nil)');
    expect(await ask(port, 'DEL', 'a', 'b')).toBe('1');
    expect(await ask(port, 'FROB')).toBe('UNKNOWN_COMMAND There is no command "FROB".');
    expect(await ask(port, '-r', '3', '-i', '0', 'SET', 'a', 'x')).toBe('OK\nOK\nOK');
    expect(store.stats().entries).toBe(1);
    // Each command has a connection of its own, so the transaction ends with this command.
    expect(await ask(port, 'BEGIN')).toMatch(/^\d+$/);
    expect(store.stats().activeTransactions).toBe(0);
  });

  it('speaks RESP 3', async () => {
    const { port } = await serve();
    expect(await ask(port, '-3', '--no-raw', 'SHOWALL')).toBe('(empty array)');
    expect(await ask(port, '-3', '--no-raw', 'GET', 'a')).toBe('(nil)');
    expect(await ask(port, '-3', '--no-raw', 'LOCKS')).toBe(
      '1# "held" => (empty array)\n2# "waiting" => (empty array)',
    );
    expect(await ask(port, '-3', '--json', 'LOCKS')).toBe('{"held":[],"waiting":[]}');
    expect(await ask(port, '-3', '--json', 'CONFIG', 'GET', '*')).toBe('{}');
  });

  it('gives a password', async () => {
    const { port } = await serve({ password: 'secret', limits: { authFailureDelay: 0 } });
    const quiet = ['--no-auth-warning', '-p', String(port)];
    expect(await ask(port, 'GET', 'a')).toMatch(/^AUTH_REQUIRED /);
    expect(await ask(port, '--no-auth-warning', '-a', 'secret', 'PING')).toBe('PONG');
    expect(await ask(port, '--no-auth-warning', '--user', 'me', '--pass', 'secret', '-3', 'PING')).toBe(
      'PONG',
    );
    const { stderr } = await run('redis-cli', [...quiet, '-a', 'wrong', 'PING']);
    expect(stderr).toMatch(/^AUTH failed: AUTH_FAILED /);
  });

  it('runs a script with transactions and errors', async () => {
    const { store, port } = await serve();
    const script = [
      'BEGIN',
      'TX 1 SET a "two words"',
      'GET a',
      'TX 1 GET a',
      'TX 9 GET a',
      'COMMIT 1',
      'GET a',
      'COMMIT 1',
    ];
    const { stdout } = await run('redis-cli', ['-p', String(port)], script.join('\n'));
    expect(stdout.split('\n').filter((line) => line !== '')).toEqual([
      '1',
      'OK',
      'two words',
      expect.stringMatching(/^UNKNOWN_TRANSACTION /),
      'OK',
      'two words',
      expect.stringMatching(/^TRANSACTION_CLOSED /),
    ]);
    expect(store.stats().commits).toBe(1);
  });

  it('pipes a file of commands', async () => {
    const { store, port } = await serve();
    const commands = Array.from({ length: 20_000 }, (_, n) => array('SET', `key${n}`, `value ${n}`));
    commands[500] = array('FROB');
    const { code, stdout } = await run('redis-cli', ['-p', String(port), '--pipe'], commands.join(''));
    expect(stdout).toContain('errors: 1, replies: 20000');
    expect(code).toBe(1);
    expect(store.stats().entries).toBe(19_999);
  });

  it('works on a terminal, and completes and explains the commands of this server', async () => {
    const { store, port } = await serve();
    const terminal = new Terminal('redis-cli', ['-p', String(port)]);
    // redis-cli changes the terminal mode before it shows the prompt, and discards earlier input.
    await terminal.until('> ');
    terminal.type('BEGIN\r');
    await terminal.until('(integer) 1');
    await terminal.until('> ');
    terminal.type('TX 1 SET a "two words"\r');
    await terminal.until('OK');
    await terminal.until('> ');
    // Tab completes the verb.
    terminal.type('getforu\t');
    await terminal.until('GETFORUPDATE');
    // Ctrl-U clears the line.
    terminal.type('\u0015help rollbackto\r');
    await terminal.until('Undoes the writes since a savepoint');
    await terminal.until('> ');
    terminal.type('quit\r');
    await terminal.end();
    expect(store.stats()).toMatchObject({ rollbacks: 1, activeTransactions: 0 });
  });
});
