import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DEMO_LINES, DEMO_REPLIES } from '../server/demo-session.ts';
import { serve } from '../server/serve.ts';
import { describeWith, run } from './programs.ts';

const client = fileURLToPath(new URL('../../examples/python-client/client.py', import.meta.url));

/** Runs lines of Python after importing the client class of the example. */
async function python(port: number, lines: readonly string[]): Promise<string> {
  const program = [
    'import runpy',
    `MemStore = runpy.run_path(${JSON.stringify(client)})["MemStore"]`,
    ...lines,
  ];
  const { code, stdout, stderr } = await run('python3', ['-c', program.join('\n'), String(port)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describeWith('python3', () => {
  it('the example client counts its visits in a transaction', async () => {
    const { store, port } = await serve();
    for (const visits of [1, 2, 3]) {
      const { code, stdout, stderr } = await run('python3', [client, String(port)]);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `visits: ${visits}\n`, stderr: '' });
    }
    expect(store.stats()).toMatchObject({ commits: 3, activeTransactions: 0 });
  });

  it('the example client parses every kind of reply', async () => {
    const { store, port } = await serve();
    const printed = await python(port, [
      'import sys',
      'ask = MemStore(port=int(sys.argv[1]))',
      'print(ask("SET", "bytes", b"\\xff\\x00\\r\\n"), ask("GET", "bytes"), ask("GET", "none"))',
      'print(ask("MSET", "a", 1, "b", "ü"), ask("ENTRIES", "GTE", "a", "LTE", "b"), ask("DEL", "a", "b"))',
      'one, two = ask("BEGIN"), ask("BEGIN")',
      'ask("TX", one, "SET", "x", 1)',
      'try:',
      '    ask("TX", two, "LOCKTIMEOUT", 0, "GET", "x")',
      'except RuntimeError as error:',
      '    print(str(error).split()[0])',
      'print(ask("COMMITALL"))',
    ]);
    expect(printed).toBe(
      [
        "OK b'\\xff\\x00\\r\\n' None",
        "OK [[b'a', b'1'], [b'b', b'\\xc3\\xbc']] 2",
        'LOCK_UNAVAILABLE',
        'OK',
        '',
      ].join('\n'),
    );
    expect(await store.get('bytes')).toEqual(new Uint8Array([0xff, 0, 0x0d, 0x0a]));
  });

  it('the example client is quoted in docs/protocol.md without changes', () => {
    const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
    expect(document).toContain(`\`\`\`python\n${readFileSync(client, 'utf8')}\`\`\``);
  });
});

describeWith('nc', () => {
  it('runs the example session of the Python demo server that this project reimplements', async () => {
    const { port } = await serve();
    // With -N, nc closes its side after the last line. The server answers everything, and then closes the
    // connection.
    const { stdout } = await run('nc', ['-N', '127.0.0.1', String(port)], `${DEMO_LINES.join('\n')}\n`);
    expect(stdout.trimEnd().split('\n')).toEqual(DEMO_REPLIES.map((reply) => JSON.stringify(reply)));
  });
});
