import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openPeer, type Peer } from './peer.ts';
import { serve } from './serve.ts';

const protocol = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

async function ask(peer: Peer, line: string): Promise<unknown> {
  return (await peer.ask(line))['result'];
}

it('COMMAND describes the commands that there are, and the protocol names each', async () => {
  const { port } = await serve();
  const peer = await openPeer({ port });
  const names = (await ask(peer, 'COMMAND LIST')) as string[];
  expect(await ask(peer, 'COMMAND COUNT')).toBe(names.length);
  expect(Object.keys((await ask(peer, 'COMMAND DOCS')) as object)).toEqual(names);
  for (const name of names) {
    expect(protocol, name).toMatch(new RegExp(`\`[^\`]*\\b${name.toUpperCase()}\\b[^\`]*\``));
    const other = await openPeer({ port });
    expect(JSON.stringify(await other.ask(name))).not.toContain('There is no command');
  }
  expect(await ask(peer, 'COMMAND INFO get del frob')).toEqual([
    ['get', 2, [], 1, 1, 1],
    ['del', -2, [], 1, -1, 1],
    null,
  ]);
  expect(await ask(peer, 'COMMAND DOCS savepoint put')).toMatchObject({
    savepoint: { arguments: [] },
    put: {
      group: 'memstore',
      arguments: [
        { name: 'key' },
        { name: 'value' },
        { name: 'EX seconds|PX milliseconds', flags: ['optional'] },
      ],
    },
  });
  expect(await peer.ask('COMMAND FROB')).toMatchObject({ status: 'Error', code: 'UNKNOWN_COMMAND' });
});
