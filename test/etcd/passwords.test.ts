import { EtcdStore } from 'memstore-tx/etcd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdCluster, missingEtcd } from './etcd-cluster.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe.skipIf(missingEtcd)('a cluster that asks for a password', () => {
  let cluster: EtcdCluster | undefined;
  beforeAll(async () => {
    cluster = await EtcdCluster.start(1);
    await cluster.requirePassword('secret');
  }, 120_000);
  afterAll(() => cluster?.stop());

  const open = (auth?: { readonly username: string; readonly password: string }): Promise<EtcdStore> =>
    EtcdStore.open({ hosts: cluster?.hosts ?? [], ...(auth === undefined ? {} : { auth }) });

  it('lets in who knows it, and says why it lets in nobody else', async () => {
    await expect(open()).rejects.toEqual(code('AUTH_REQUIRED'));
    await expect(open({ username: 'root', password: 'wrong' })).rejects.toEqual(code('AUTH_FAILED'));
    await expect(open({ username: 'nobody', password: 'secret' })).rejects.toEqual(code('AUTH_FAILED'));
    const store = await open({ username: 'root', password: 'secret' });
    await store.transaction(async (tx) => {
      await tx.put('a', ((await tx.getForUpdate('a')) as number | undefined) ?? 1);
    });
    expect(await store.get('a')).toBe(1);
    await store.close();
  });
});

describe('options of EtcdStore.open', () => {
  const wrong: readonly (readonly [what: string, options: object])[] = [
    ['no hosts', { hosts: [] }],
    ['a host that is none', { hosts: 'http://a/b' }],
    ['a prefix with a zero', { hosts: 'a:1', prefix: 'a\0b' }],
    ['a negative lockTimeout', { hosts: 'a:1', lockTimeout: -1 }],
    ['a requestTimeout of 0', { hosts: 'a:1', requestTimeout: 0 }],
    ['a sessionTtl that is no whole number', { hosts: 'a:1', sessionTtl: 1.5 }],
    ['half a password', { hosts: 'a:1', auth: { username: 'a' } }],
  ];
  it.each(wrong)('%s is refused', async (_what, options) => {
    await expect(EtcdStore.open(options as { hosts: string })).rejects.toEqual(code('INVALID_OPTION'));
  });

  it('a cluster that is not there is CONNECTION_LOST', async () => {
    const opening = EtcdStore.open({ hosts: '127.0.0.1:1', requestTimeout: 100 });
    await expect(opening).rejects.toEqual(code('CONNECTION_LOST'));
  });
});
