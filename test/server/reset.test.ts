import { expect, it } from 'vitest';
import { openPeer } from './peer.ts';
import { serve } from './serve.ts';

it('RESET rolls back open transactions, and resets the client name and the protocol version', async () => {
  const { store, port } = await serve();
  const peer = await openPeer({ port });
  peer.command('HELLO', '3', 'SETNAME', 'somebody');
  await peer.until('modules\r\n*0\r\n');
  peer.command('BEGIN');
  peer.command('TX', '1', 'SET', 'a', 'x');
  peer.command('CLIENT', 'GETNAME');
  expect(await peer.lines(4)).toEqual([':1', '+OK', '$8', 'somebody']);
  peer.command('RESET');
  expect(await peer.lines(1)).toEqual(['+RESET']);
  expect(store.stats().activeTransactions).toBe(0);
  peer.command('COMMIT', '1');
  expect((await peer.lines(1))[0]).toMatch(/^-TRANSACTION_ABORTED /);
  // In version 3, the reply for an absent value would be `_`.
  peer.command('CLIENT', 'GETNAME');
  peer.command('GET', 'a');
  expect(await peer.lines(2)).toEqual(['$-1', '$-1']);
});
