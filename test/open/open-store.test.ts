import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemStore, MemStoreError, type Store, startServer } from 'memstore-tx';
import { openStore } from 'memstore-tx/open';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseEtcdUrl } from '../../src/open/parse-etcd-url.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'memstore-open-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

async function open(url: string): Promise<Store<Record<string, unknown>>> {
  const store = await openStore(url);
  onTestFinished(() => store.close());
  return store;
}

describe('openStore', () => {
  it('opens a new store in memory each time', async () => {
    const [one, other] = [await open('memory:'), await open('memory:')];
    await one.put('a', 1);
    expect([await one.get('a'), await other.get('a')]).toEqual([1, undefined]);
  });

  it('opens a durable store after its entries are loaded', async () => {
    const path = folder();
    const before = await openStore(`lmdb:${path}`);
    await before.put('a', 1);
    await before.close();
    expect(await (await open(`lmdb:${path}`)).get('a')).toBe(1);
  });

  it('rejects immediately with the reason why a durable store cannot be opened', async () => {
    const path = folder();
    await open(`lmdb:${path}`);
    await expect(openStore(`lmdb:${path}`)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
  });

  it('opens a store that another process serves', async () => {
    const store = new MemStore();
    const server = await startServer(store, { port: 0, password: 'open sesame' });
    onTestFinished(() => server.close());
    const remote = await open(`memstore://me:open%20sesame@127.0.0.1:${server.port}`);
    await remote.put('a', 1);
    expect(await store.get('a')).toBe(1);
    const wrong = openStore(`memstore://me:secret@127.0.0.1:${server.port}`);
    await expect(wrong).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  });

  it.each([
    '',
    'memory',
    'memory:x',
    'lmdb:',
    'lmdb://host/path',
    'redis://me:secret@host',
    '/secret/path',
    'etcd:',
    'etcd://',
    'etcd://me@host',
    'etcds://',
    'etcdss://host',
    'etcd://me:secret@host:port',
    'etcd://me:secret@',
    'etcd://me:%secret@host:2379',
    'etcd://me:secret@host:1,,other:2',
    'etcd://me:secret@host:1/a/b',
    'etcd://me:secret@host:1/a?b',
    'memstore://me:secret@host/path',
    'memstore://me:se:secret@host?x',
    'memstore://me:%secret@host',
    'memstore://me:sec@secret@host#x',
    'memstore://me:secret@host:99999999',
  ])('refuses %j without showing a password', async (url) => {
    const error = await openStore(url).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MemStoreError);
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
    expect((error as Error).message).not.toContain('secret');
  });

  it('refuses a value that is not a string', async () => {
    await expect(openStore(undefined as unknown as string)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('the URL of a cluster', () => {
  it.each([
    ['etcd://a:1,b:2,c:3/shop', { hosts: ['a:1', 'b:2', 'c:3'], prefix: 'shop' }],
    ['etcd://a', { hosts: ['a:2379'] }],
    ['etcd://a:1/', { hosts: ['a:1'] }],
    ['etcd://[::1]:1,[fe80::1]/x%2Fy', { hosts: ['[::1]:1', '[fe80::1]:2379'], prefix: 'x/y' }],
    [
      'etcd://me:a%40b%2Fc:d@a:1/p',
      { hosts: ['a:1'], prefix: 'p', auth: { username: 'me', password: 'a@b/c:d' } },
    ],
    ['etcds://a,b:1/p', { hosts: ['a:2379', 'b:1'], prefix: 'p', tls: {} }],
  ])('%s', (url, target) => {
    expect(parseEtcdUrl(url)).toEqual(target);
  });
});
