import type { EtcdStoreOptions } from '../../etcd/index.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { readOptionFile, readPasswordFile } from '../read-option-file.ts';
import type { ServeFlags } from './serve-flags.ts';

/**
 * Returns the options of `EtcdStore.open`, or `undefined` without `--etcd`.
 * @throws {CliError}
 */
export function clusterOptions(flags: ServeFlags): EtcdStoreOptions | undefined {
  const { etcd, etcdPrefix, lockTimeout, idleTimeout } = flags;
  if (etcd === undefined) {
    const other = Object.keys(flags).find((name) => name.startsWith('etcd'));
    if (other === undefined) return undefined;
    const option = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new CliError(
      `--${option} needs --etcd, because it is only for stores on a cluster.`,
      exitCodes.usage,
    );
  }
  return {
    hosts: etcd.split(','),
    prefix: etcdPrefix,
    lockTimeout,
    idleTimeout,
    auth: authOf(flags),
    tls: tlsOf(flags),
  };
}

function authOf({ etcdUser, etcdPasswordFile }: ServeFlags): EtcdStoreOptions['auth'] {
  if (etcdUser === undefined && etcdPasswordFile === undefined) return undefined;
  if (etcdUser === undefined || etcdPasswordFile === undefined)
    throw new CliError('A cluster user needs both --etcd-user and --etcd-password-file.', exitCodes.usage);
  return { username: etcdUser, password: readPasswordFile(etcdPasswordFile, '--etcd-password-file') };
}

function tlsOf({ etcdTlsCa, etcdTlsCert, etcdTlsKey }: ServeFlags): EtcdStoreOptions['tls'] {
  if (etcdTlsCa === undefined && etcdTlsCert === undefined && etcdTlsKey === undefined) return undefined;
  if ((etcdTlsCert === undefined) !== (etcdTlsKey === undefined))
    throw new CliError(
      'A client certificate needs both --etcd-tls-cert and --etcd-tls-key.',
      exitCodes.usage,
    );
  const read = (option: string, path: string | undefined): string | undefined =>
    path === undefined ? undefined : readOptionFile(option, path);
  return {
    ca: read('--etcd-tls-ca', etcdTlsCa),
    cert: read('--etcd-tls-cert', etcdTlsCert),
    key: read('--etcd-tls-key', etcdTlsKey),
  };
}
