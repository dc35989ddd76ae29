import type { MemStore, Transaction } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { openPeer, type Peer } from './peer.ts';
import { serve, until } from './serve.ts';

/** Begins a transaction, and returns its id. */
async function begin(peer: Peer, ...words: readonly string[]): Promise<string> {
  peer.command('BEGIN', ...words);
  const [answer = ''] = await peer.lines(1);
  expect(answer).toMatch(/^:\d+$/);
  return answer.slice(1);
}

async function command(peer: Peer, ...words: readonly string[]): Promise<string> {
  peer.command(...words);
  return (await peer.lines(1))[0] ?? '';
}

/**
 * Creates a deadlock between a transaction of the store and a transaction of a client. Returns whether the
 * client's transaction is the victim.
 */
async function losesAgainst(
  store: MemStore<Record<string, unknown>>,
  tx: Transaction<Record<string, unknown>>,
  peer: Peer,
  id: string,
): Promise<boolean> {
  await tx.put('a', 1);
  await command(peer, 'TX', id, 'SET', 'b', '1');
  peer.command('TX', id, 'SET', 'a', '1');
  await until(() => store.locks().waiting.length === 1);
  const own = await tx.put('b', 1).then(
    () => false,
    () => true,
  );
  const [answer = ''] = await peer.lines(1);
  expect(answer.startsWith('-DEADLOCK')).toBe(!own);
  await tx.rollback();
  await command(peer, 'ROLLBACK', id);
  return !own;
}

describe('the age in BEGIN', () => {
  it('is ignored if this connection has not begun a transaction with that id', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    await (await store.begin()).rollback();
    const other = await openPeer({ port });
    const theirs = await begin(other);
    await command(other, 'ROLLBACK', theirs);
    await command(peer, 'RESERVE', '2');
    for (const age of ['1', '0', '4', theirs, '9007199254740991']) {
      const elder = await store.begin();
      expect(await losesAgainst(store, elder, peer, await begin(peer, 'AGE', age)), age).toBe(true);
    }
  });

  it('is used if it is that of an attempt of this connection, open or rolled back, on every retry', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    const first = await begin(peer);
    const younger = await store.begin();
    expect(await losesAgainst(store, younger, peer, await begin(peer, 'AGE', first))).toBe(false);
    await command(peer, 'ROLLBACK', first);
    for (let attempt = 2; attempt < 5; attempt++) {
      const later = await store.begin();
      expect(await losesAgainst(store, later, peer, await begin(peer, 'AGE', first))).toBe(false);
    }
  });

  it('stands for the age of the second attempt if the first was on a lost connection', async () => {
    const { store, port } = await serve();
    const lost = await openPeer({ port });
    const first = await begin(lost);
    lost.socket.destroy();
    await until(() => store.stats().activeTransactions === 0);
    const elder = await store.begin();
    const peer = await openPeer({ port });
    expect(await losesAgainst(store, elder, peer, await begin(peer, 'AGE', first))).toBe(true);
    const younger = await store.begin();
    expect(await losesAgainst(store, younger, peer, await begin(peer, 'AGE', first))).toBe(false);
  });
});
