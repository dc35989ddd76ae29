import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'memstore-tx';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Authority } from '../etcd/certificates.ts';
import { EtcdCluster, missingEtcd } from '../etcd/etcd-cluster.ts';
import { useCluster } from '../etcd/use-cluster.ts';
import { scratchDirectory } from '../journal/lmdb/scratch-directory.ts';
import { skipNote } from '../skip-note.ts';
import { useBuiltCommand } from './built-command.ts';
import { runCommand, startServe } from './run-command.ts';

useBuiltCommand();

function file(name: string, text: string): string {
  const path = join(scratchDirectory(), name);
  writeFileSync(path, text);
  return path;
}

const skipped = skipNote(missingEtcd);

describe.skipIf(missingEtcd !== undefined)(`memstore serve --etcd${skipped}`, () => {
  const etcd = useCluster(1);

  it('serves a store on a cluster, under its prefix', async () => {
    const hosts = etcd.cluster.hosts.join(',');
    const server = await startServe(['--port', '0', '--etcd', hosts, '--etcd-prefix', 'shop']);
    const remote = await connect(server.url);
    onTestFinished(() => remote.close());
    await remote.transaction((tx) => tx.put('a', 1));
    expect(await (await etcd.open({ prefix: 'shop' })).get('a')).toBe(1);
  });
});

describe.skipIf(missingEtcd !== undefined)(`memstore on a cluster with TLS and passwords${skipped}`, () => {
  let cluster: EtcdCluster | undefined;
  let [authority, clients]: Authority[] = [];

  beforeAll(async () => {
    authority = await Authority.create('authority of the cluster');
    clients = await Authority.create('authority of its clients');
    cluster = await EtcdCluster.start(
      1,
      {},
      { ...(await authority.issue('localhost')), clientCa: clients.cert },
    );
    await cluster.addUser('app', 'secret', 'shop');
    await cluster.requirePassword('root’s own');
  });
  afterAll(() => cluster?.stop());

  it('serves the store to clients that have no credentials of the cluster', async () => {
    const { cert = '', key = '' } = (await clients?.issue('application')) ?? {};
    const words = [
      ...['--port', '0', '--etcd', `${cluster?.secureHosts.join(',')}`, '--etcd-prefix', 'shop'],
      ...['--etcd-tls-ca', file('ca.pem', authority?.cert ?? '')],
      ...['--etcd-tls-cert', file('cert.pem', cert), '--etcd-tls-key', file('key.pem', key)],
      '--etcd-user',
      'app',
      '--etcd-password-file',
    ];
    const server = await startServe([...words, file('password', 'secret\n')]);
    const remote = await connect(server.url);
    onTestFinished(() => remote.close());
    await remote.transaction((tx) => tx.put('a', 1));
    expect(await remote.get('a')).toBe(1);
    expect(await runCommand(['serve', ...words, file('wrong', 'wrong\n')])).toEqual({
      status: 4,
      stdout: '',
      stderr: expect.stringMatching(/^memstore: The cluster refused: .*authentication failed/m),
    });
  });
});

describe.skipIf(missingEtcd !== undefined)(`the URL of a cluster with TLS${skipped}`, () => {
  it('uses the certificate authority that the environment sets', async () => {
    const authority = await Authority.create('authority of the cluster');
    const cluster = await EtcdCluster.start(1, {}, await authority.issue('localhost'));
    onTestFinished(() => cluster.stop());
    const url = `etcds://${cluster.secureHosts.join(',')}/shop`;
    const trusting = {
      NODE_EXTRA_CA_CERTS: file('ca.pem', authority.cert),
      // If this variable were set, gRPC would use it and ignore NODE_EXTRA_CA_CERTS.
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: undefined,
    };
    expect(await runCommand(['copy', 'memory:', url], '', trusting)).toEqual({
      status: 0,
      stdout: 'copied 0 entries\n',
      stderr: '',
    });
  });
});

describe('the options of a cluster', () => {
  it.each([
    [['--etcd-user', 'me'], /--etcd-user needs --etcd/],
    [['--etcd-prefix', 'shop'], /--etcd-prefix needs --etcd/],
    [['--etcd', 'a:1', '--etcd-user', 'me'], /needs both --etcd-user and --etcd-password-file/],
    [['--etcd', 'a:1', '--etcd-tls-cert', 'x'], /needs both --etcd-tls-cert and --etcd-tls-key/],
    [['--etcd', 'a:1', '--etcd-tls-ca', '/nowhere'], /--etcd-tls-ca cannot be read/],
    [['--etcd', 'a:1', '--data', 'x'], /cannot be used with/],
    [['--etcd', 'a:1', '--max-memory', '1mb'], /cannot be used with/],
  ])('%j is refused', async (words, why) => {
    expect(await runCommand(['serve', ...words])).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(why),
    });
  });
});
