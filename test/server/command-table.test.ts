import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openPeer, type Peer } from './peer.ts';
import { serve } from './serve.ts';

const protocol = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');

async function ask(peer: Peer, line: string): Promise<unknown> {
  return (await peer.ask(line))['result'];
}

/** The text under a heading, up to the next of its kind. */
function sectionOf(heading: string): string {
  return protocol.split('\n## ').find((section) => section.startsWith(`${heading}\n`)) ?? '';
}

it('COMMAND describes the commands that there are, and the protocol names each', async () => {
  const { port } = await serve();
  const peer = await openPeer({ port });
  const names = (await ask(peer, 'COMMAND LIST')) as string[];
  expect(await ask(peer, 'COMMAND COUNT')).toBe(names.length);
  expect(Object.keys((await ask(peer, 'COMMAND DOCS')) as object)).toEqual(names);
  const rows = sectionOf('Commands').matchAll(/^\| `(?:\[?TX id\]? )?([A-Z]{2,})\b[^|]*` \|/gm);
  const inTable = [...rows].map(([, name = '']) => name.toLowerCase());
  expect(inTable.length).toBeGreaterThan(20);
  expect(names).toEqual(expect.arrayContaining(inTable));
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

it('the protocol says which commands of Redis there are, and which not', async () => {
  const { port } = await serve();
  const [there = '', missing = ''] = sectionOf('Clients of Redis').split(
    'These common commands do not exist yet:',
  );
  const names = (await ask(await openPeer({ port }), 'COMMAND LIST')) as string[];
  const claimed = [...there.matchAll(/`([A-Z]{3,})(?: \w+)?`/g)].map(([, name = '']) => name.toLowerCase());
  expect(claimed.length).toBeGreaterThan(15);
  expect(names).toEqual(expect.arrayContaining(claimed));
  const firstColumn = missing.slice(0, missing.indexOf('Each is refused')).replace(/\| [^|]*\|$/gm, '|');
  const unknown = [...firstColumn.matchAll(/`([A-Z]{3,})`/g)]
    .map(([, name = '']) => name)
    .filter((name) => !/^(SET|NX|XX|GET|KEEPTTL|EXAT|PXAT)$/.test(name));
  expect(unknown.length).toBeGreaterThan(20);
  for (const name of unknown) {
    const peer = await openPeer({ port });
    expect(await peer.ask(name), name).toMatchObject({ code: 'UNKNOWN_COMMAND' });
  }
});
