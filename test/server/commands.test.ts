import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verbs } from '../../src/cli/connect/verbs/verbs.ts';
import { type CommandName, commandRows, commands, endsWithId, hasFlag } from '../../src/protocol/commands.ts';
import { parsers } from '../../src/protocol/parsers.ts';
import { openPeer, type Peer } from './peer.ts';
import { serve } from './serve.ts';

const protocol = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const commandLine = readFileSync(new URL('../../docs/guide/command-line.md', import.meta.url), 'utf8');

async function ask(peer: Peer, line: string): Promise<unknown> {
  return (await peer.ask(line))['result'];
}

/** Returns the text below a heading, up to the next heading of the same level. */
function sectionOf(heading: string): string {
  return protocol.split('\n## ').find((section) => section.startsWith(`${heading}\n`)) ?? '';
}

/**
 * Returns the table rows below a heading. The key is the code in the first cell, the value is the other
 * cells.
 */
function rowsOf(section: string): Map<string, readonly string[]> {
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    lines.map((line) => {
      const [, first = '', ...others] = line
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'));
      return [first.replace(/^`|`$/g, ''), others];
    }),
  );
}

/** Returns a command as docs/protocol.md writes it. */
function written([name, { scope, syntax }]: (typeof commandRows)[number]): string {
  const prefixes = { transaction: 'TX id ', either: '[TX id] ' } as const;
  const takesId = syntax === 'id' || (scope !== 'transaction' && scope !== 'either');
  return `${takesId ? '' : prefixes[scope]}${name} ${syntax}`.trimEnd();
}

/** The commands of the protocol that are not refused. */
const ofWire = commandRows.filter(([, row]) => row.syntax !== undefined && !hasFlag(row, 'refused'));

describe('the table of commands', () => {
  it('has a parser for each verb, and a verb for each parser', () => {
    const verbsOfWire = commandRows.filter(
      ([, { scope, syntax }]) => scope !== 'prefix' && syntax !== undefined,
    );
    expect(Object.keys(parsers).sort()).toEqual(verbsOfWire.map(([name]) => name).sort());
  });

  it('has a verb of the prompt for each row with a prompt syntax, and vice versa', () => {
    const ofPrompt = commandRows.filter(([, { prompt }]) => prompt !== undefined).map(([name]) => name);
    expect([...verbs.keys(), 'EXIT'].sort()).toEqual(ofPrompt.sort());
  });

  it('has summaries that fit into one line of HELP', () => {
    for (const [name, { summary }] of commandRows) expect(summary.length, name).toBeLessThanOrEqual(50);
  });

  it('equals the answer of COMMAND, and the server knows each of its commands', async () => {
    const { port } = await serve();
    const peer = await openPeer({ port });
    const names = ofWire.map(([name]) => name.toLowerCase()).sort();
    expect(await ask(peer, 'COMMAND LIST')).toEqual(names);
    expect(await ask(peer, 'COMMAND COUNT')).toBe(names.length);
    const docs = (await ask(peer, 'COMMAND DOCS')) as Record<string, { summary: string }>;
    expect(Object.entries(docs).map(([name, { summary }]) => [name.toUpperCase(), summary])).toEqual(
      names.map((name) => [name.toUpperCase(), commands[name.toUpperCase() as CommandName].summary]),
    );
    for (const [name] of commandRows.filter(([, { syntax }]) => syntax !== undefined)) {
      const other = await openPeer({ port });
      expect(JSON.stringify(await other.ask(name)), name).not.toContain('There is no command');
    }
  });

  it('gives COMMAND the arity, the keys and the arguments', async () => {
    const { port } = await serve();
    const peer = await openPeer({ port });
    expect(await ask(peer, 'COMMAND INFO get del mset tx frob')).toEqual([
      ['get', 2, [], 1, 1, 1],
      ['del', -2, [], 1, -1, 1],
      ['mset', -3, [], 1, -1, 2],
      ['tx', -3, [], 0, 0, 0],
      null,
    ]);
    expect(await ask(peer, 'COMMAND DOCS savepoint put mget command')).toMatchObject({
      savepoint: { arguments: [] },
      put: {
        group: 'memstore',
        arguments: [
          { name: 'key' },
          { name: 'value' },
          { name: 'EX seconds|PX milliseconds', flags: ['optional'] },
        ],
      },
      mget: { arguments: [{ name: 'key', flags: ['multiple'] }] },
      command: { arguments: [{ flags: ['optional'] }, { name: 'name', flags: ['optional', 'multiple'] }] },
    });
    expect(await peer.ask('COMMAND FROB')).toMatchObject({ status: 'Error', code: 'UNKNOWN_COMMAND' });
  });

  it('equals the table of commands in docs/protocol.md', () => {
    const rows = rowsOf(sectionOf('Commands'));
    const listed = ofWire.filter(([, { scope }]) => scope !== 'prefix');
    expect([...rows.keys()].sort()).toEqual(listed.map(written).sort());
    for (const row of listed) {
      const [reply, does] = rows.get(written(row)) ?? [];
      expect(reply, row[0]).toBe(row[1].reply);
      expect(does, row[0]).toMatch(new RegExp(`^${row[1].summary}(?!\\w)`));
    }
    for (const [name, row] of commandRows)
      if (hasFlag(row, 'refused'))
        expect(sectionOf('Commands').split('### Refusals')[1]).toContain(`\`${name}\``);
  });

  it('equals the table of prefixes in docs/protocol.md', () => {
    const rows = [...rowsOf(sectionOf('RESP'))].filter(([first]) => /^[A-Z]{2,}/.test(first));
    const prefixes = commandRows.filter(([, { scope }]) => scope === 'prefix');
    expect(rows.map(([first]) => first)).toEqual(prefixes.map(written));
    for (const [i, [, [does = '']]] of rows.entries()) expect(does).toContain(prefixes[i]?.[1].summary);
  });

  it('has the same forms of plain lines as docs/protocol.md', () => {
    const documented = [...sectionOf('Plain lines').matchAll(/`([A-Z]{2,} [^`]*\[id\])`/g)];
    const ofLines = commandRows.flatMap(([name, { line }]) =>
      line === undefined ? [] : [`${name} ${line}`],
    );
    expect(documented.map(([, form]) => form).sort()).toEqual(ofLines.sort());
  });

  it('is the table of commands in the guide to the prompt', () => {
    const [, section = ''] = commandLine.split('**Commands** are those of');
    const rows = rowsOf(section.split('**The transaction one is in.**')[0] ?? '');
    const ofPrompt = commandRows.flatMap(([name, { prompt, summary }]) =>
      prompt === undefined ? [] : [[`${name} ${prompt}`.trimEnd(), summary]],
    );
    expect([...rows].map(([first, [does]]) => [first, does])).toEqual(ofPrompt);
  });

  it('tells whether the last word is the id of a transaction', () => {
    const ids = (syntax: string): number[] =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((words) => endsWithId(syntax, words));
    expect(ids('[id]')).toEqual([1]);
    expect(ids('key [id]')).toEqual([2]);
    expect(ids('key value [EX seconds|PX milliseconds] [id]')).toEqual([3, 5]);
    expect(ids('key value')).toEqual([]);
  });
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
