import { EtcdStore, type EtcdStoreOptions } from 'memstore-tx/etcd';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { Authority, type Certificate } from './certificates.ts';
import { EtcdCluster, missingEtcd } from './etcd-cluster.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe.skipIf(missingEtcd)(`a cluster with TLS${skipNote(missingEtcd)}`, () => {
  let authority: Authority;
  let client: Certificate;
  /**
   * The first cluster accepts every client. The second cluster accepts only clients with a certificate that
   * it trusts.
   */
  const clusters: EtcdCluster[] = [];

  beforeAll(async () => {
    authority = await Authority.create('authority of the cluster');
    const clients = await Authority.create('authority of its clients');
    client = await clients.issue('application');
    const identity = await authority.issue('localhost');
    clusters.push(
      await EtcdCluster.start(1, {}, identity),
      await EtcdCluster.start(1, {}, { ...identity, clientCa: clients.cert }),
    );
  });
  afterAll(() => Promise.all(clusters.map((cluster) => cluster.stop())));

  const open = async (index: number, options: Partial<EtcdStoreOptions>): Promise<EtcdStore> => {
    const hosts = clusters[index]?.secureHosts ?? [];
    const store = await EtcdStore.open({ hosts, requestTimeout: 500, ...options });
    onTestFinished(() => store.close());
    return store;
  };

  it('can be opened by a client that trusts its authority', async () => {
    const store = await open(0, { tls: { ca: authority.cert } });
    await store.transaction(async (tx) => {
      await tx.put('a', ((await tx.getForUpdate('a')) as number | undefined) ?? 1, { ttl: 60_000 });
    });
    expect(await store.get('a')).toBe(1);
    const spelledOut = (clusters[0]?.secureHosts ?? []).map((host) => `https://${host}`);
    const other = await open(0, { hosts: spelledOut, tls: { ca: Buffer.from(authority.cert) } });
    expect(await other.get('a')).toBe(1);
  });

  it('is refused by a client that does not trust its authority, and the error says why', async () => {
    const stranger = await Authority.create('somebody else');
    for (const tls of [{}, { ca: stranger.cert }]) {
      const error: unknown = await open(0, { tls }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'CONNECTION_LOST',
        message: expect.stringMatching(/certificate/),
      });
    }
  });

  it('does not answer a client without TLS', async () => {
    await expect(open(0, {})).rejects.toEqual(code('CONNECTION_LOST'));
  });

  it('accepts only clients with a certificate, if it requires certificates', async () => {
    const { cert, key } = client;
    const store = await open(1, { tls: { ca: authority.cert, cert, key } });
    await store.put('a', 1);
    expect(await store.get('a')).toBe(1);
    await expect(open(1, { tls: { ca: authority.cert } })).rejects.toEqual(code('CONNECTION_LOST'));
    const own = await authority.issue('of the wrong authority');
    await expect(open(1, { tls: { ca: authority.cert, ...own } })).rejects.toEqual(code('CONNECTION_LOST'));
  });

  it('is not contacted with an invalid certificate, or with the key of another one', async () => {
    const { cert } = client;
    const { key } = await authority.issue('other');
    for (const tls of [
      { ca: authority.cert, cert, key },
      { cert: 'x', key: 'y' },
    ])
      await expect(open(1, { tls })).rejects.toEqual(code('INVALID_OPTION'));
  });
});
