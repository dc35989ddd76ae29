import { expect, it } from 'vitest';
import { openPeer } from '../server/peer.ts';
import { serve } from '../server/serve.ts';

function requestOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

it('CLOSECURSOR behind a pending NEXT does not make its page look like the last one', async () => {
  const { store, port } = await serve();
  await store.putMany(['a', 'b', 'c', 'd'].map((key) => [key, 'x'] as const));
  const peer = await openPeer({ port });
  peer.command('MUX', '1');
  await peer.until('max-request-bytes');
  await peer.lines(2);
  peer.command('1', 'ENTRIES', 'CREDIT', '1');
  await peer.until('$1\r\nx\r\n');
  const requests = [
    ['2', 'NEXT', '1', '9'],
    ['3', 'CLOSECURSOR', '1'],
    ['4', 'PING'],
  ];
  peer.send(requests.map(requestOf).join(''));
  await peer.until('+PONG\r\n');
  const page = ['*2', ':2', '*2', ':1', '*1', '*2', '$1', 'b', '$1', 'x'];
  expect(await peer.lines(page.length)).toEqual(page);
  peer.send(requestOf(['5', 'NEXT', '1', '9']));
  expect((await peer.lines(3))[2]).toMatch(/^-INVALID_OPTION /);
});
