import { EtcdStore, type EtcdStoreOptions } from 'memstore-tx/etcd';
import { openStore } from 'memstore-tx/open';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { EtcdCluster, missingEtcd } from './etcd-cluster.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe.skipIf(missingEtcd)(`a cluster that requires a password${skipNote(missingEtcd)}`, () => {
  let cluster: EtcdCluster | undefined;
  beforeAll(async () => {
    cluster = await EtcdCluster.start(1);
    await cluster.addUser('app', 'open sesame', 'shop/');
    await cluster.requirePassword('secret');
  });
  afterAll(() => cluster?.stop());

  const open = async (options: Partial<EtcdStoreOptions> = {}): Promise<EtcdStore> => {
    const store = await EtcdStore.open({ hosts: cluster?.hosts ?? [], ...options });
    onTestFinished(() => store.close());
    return store;
  };
  const openAs = (username: string, password: string): Promise<EtcdStore> =>
    open({ prefix: 'shop/', auth: { username, password } });

  it('accepts the right password, and gives the reason for every refusal', async () => {
    await expect(open()).rejects.toEqual(code('AUTH_REQUIRED'));
    await expect(openAs('root', 'wrong')).rejects.toEqual(code('AUTH_FAILED'));
    await expect(openAs('nobody', 'secret')).rejects.toEqual(code('AUTH_FAILED'));
    const store = await openAs('root', 'secret');
    await store.transaction(async (tx) => {
      await tx.put('a', ((await tx.getForUpdate('a')) as number | undefined) ?? 1);
    });
    expect(await store.get('a')).toBe(1);
  });

  it('can be opened by a URL with user and password', async () => {
    const at = `${cluster?.hosts.join(',')}/shop%2F`;
    const store = await openStore(`etcd://app:open%20sesame@${at}`);
    onTestFinished(() => store.close());
    await store.put('by URL', 1);
    expect(await (await openAs('app', 'open sesame')).get('by URL')).toBe(1);
    await expect(openStore(`etcd://app:wrong@${at}`)).rejects.toEqual(code('AUTH_FAILED'));
    await expect(openStore(`etcd://${at}`)).rejects.toEqual(code('AUTH_REQUIRED'));
  });

  it('gives a user with a prefix a change feed of the keys with that prefix, and of no others', async () => {
    const store = await openAs('app', 'open sesame');
    await store.put('watched', 1);
    const feed = store.watch('watched');
    await feed.next();
    await store.del('watched');
    expect((await feed.next()).value).toMatchObject({ changes: [{ key: 'watched', cause: 'del' }] });
    await feed.return?.();
    const stranger = await open({ prefix: 'other', auth: { username: 'root', password: 'secret' } });
    await expect(stranger.watch().next()).resolves.toMatchObject({ value: { type: 'start' } });
  });

  it('gives a user with a prefix access to the keys with that prefix, and to no others', async () => {
    const [one, other] = [await openAs('app', 'open sesame'), await openAs('app', 'open sesame')];
    await one.put('stock', 5, { ttl: 60_000 });
    const holder = await one.begin();
    expect(await holder.getForUpdate('stock')).toBe(5);
    expect(await holder.ttl('stock')).toBeGreaterThan(0);
    const waiting = other.transaction(async (tx) => {
      await tx.put('stock', ((await tx.getForUpdate('stock')) as number) - 1);
    });
    await holder.put('stock', 4);
    await holder.commit();
    await waiting;
    expect(await one.get('stock')).toBe(3);
    const elsewhere = open({ prefix: 'other', auth: { username: 'app', password: 'open sesame' } });
    await expect(elsewhere).rejects.toEqual(code('AUTH_FAILED'));
  });

  it('may forget the signed-in users, as a restarted node does', async () => {
    const [one, other] = [await openAs('app', 'open sesame'), await openAs('app', 'open sesame')];
    await one.put('n', 0);
    await other.put('m', 0);
    const holder = await one.begin();
    await holder.getForUpdate('n');
    const waiting = other.transaction(async (tx) => {
      await tx.put('n', ((await tx.getForUpdate('n')) as number) + 1);
    });
    await cluster?.kill(0);
    cluster?.startNode(0);
    await cluster?.healthy();
    await holder.put('n', 1);
    await holder.commit();
    await waiting;
    expect(await one.get('n')).toBe(2);
  });
});

describe('options of EtcdStore.open', () => {
  const wrong: readonly (readonly [what: string, options: object])[] = [
    ['no hosts', { hosts: [] }],
    ['an invalid host', { hosts: 'http://a/b' }],
    ['a password in a host', { hosts: 'root:secret@a:1' }],
    ['a URL as a host', { hosts: ['etcd://root:secret@a:1/x'] }],
    ['a prefix with a null character', { hosts: 'a:1', prefix: 'a\0b' }],
    ['a negative lockTimeout', { hosts: 'a:1', lockTimeout: -1 }],
    ['a requestTimeout of 0', { hosts: 'a:1', requestTimeout: 0 }],
    ['a sessionTtl that is not an integer', { hosts: 'a:1', sessionTtl: 1.5 }],
    ['half a password', { hosts: 'a:1', auth: { username: 'a' } }],
    ['a certificate without its key', { hosts: 'a:1', tls: { cert: 'x' } }],
    ['an invalid certificate', { hosts: 'a:1', tls: { cert: 'x', key: 'y' } }],
    ['an authority that is a number', { hosts: 'a:1', tls: { ca: 1 } }],
    ['an unknown TLS option', { hosts: 'a:1', tls: { servername: 'a' } }],
    ['TLS options for hosts without TLS', { hosts: 'http://a:1', tls: {} }],
    ['TLS for some hosts only', { hosts: ['https://a:1', 'b:1'] }],
  ];
  it.each(wrong)('%s is refused', async (_what, options) => {
    const opening = EtcdStore.open(options as { hosts: string });
    await expect(opening).rejects.toEqual(code('INVALID_OPTION'));
    await expect(opening).rejects.not.toThrow('secret');
  });

  it('a cluster that cannot be reached fails with CONNECTION_LOST', async () => {
    const opening = EtcdStore.open({ hosts: '127.0.0.1:1', requestTimeout: 100 });
    await expect(opening).rejects.toEqual(code('CONNECTION_LOST'));
  });
});
