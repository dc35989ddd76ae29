import {
  checkCount,
  checkNames,
  checkNumber,
  checkObject,
  checkOptions,
  invalidOption,
} from '../arguments/check-options.ts';
import { readClock, readRandom } from '../arguments/clock-and-random.ts';
import type { Clock } from '../contract/clock.ts';
import { MemStoreError } from '../contract/errors.ts';

/** Options of `EtcdStore.open`. */
export interface EtcdStoreOptions {
  /** The endpoints of the cluster: `host:port`, or `https://host:port` for TLS. */
  readonly hosts: string | readonly string[];
  /**
   * The prefix of all keys of this store in etcd, so that several stores can share a cluster.
   * @default 'memstore'
   */
  readonly prefix?: string | undefined;
  /** The user and the password, if the cluster requires them. @default none */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /**
   * Uses TLS with these certificates. If the object is empty, the defaults of Node apply. Hosts that start
   * with `https://` also use TLS.
   * @default none
   */
  readonly tls?: EtcdTls | undefined;
  /**
   * The longest wait for a row lock, in milliseconds. With 0, operations never wait.
   * @default 10_000
   */
  readonly lockTimeout?: number | undefined;
  /**
   * How long an operation tries to reach any node of the cluster, in milliseconds. After that, it rejects
   * with `CONNECTION_LOST`, or with `COMMIT_UNKNOWN` if it is a commit.
   * @default 15_000
   */
  readonly requestTimeout?: number | undefined;
  /**
   * The time limit of an attempt at one node, in milliseconds. After that, another node is tried.
   * @default 3_000
   */
  readonly attemptTimeout?: number | undefined;
  /** Rolls a transaction back after this time without an operation, in milliseconds. @default 60_000 */
  readonly idleTimeout?: number | undefined;
  /**
   * How long the cluster keeps the row locks of a process that does not renew them, in seconds.
   * @default 15
   */
  readonly sessionTtl?: number | undefined;
  /**
   * The `--max-txn-ops` setting of the cluster. It limits both the number of reads and the number of writes
   * of a transaction.
   * @default 128
   */
  readonly maxTransactionOperations?: number | undefined;
  /** The `--max-request-bytes` setting of the cluster. It limits the size of one commit. @default 1.5 MiB */
  readonly maxRequestBytes?: number | undefined;
  /** The source of time. Tests pass a fake clock. @default the platform's clock */
  readonly clock?: Clock | undefined;
  /** Returns a number in [0, 1), for the jitter of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Certificates and keys in PEM format. */
export interface EtcdTls {
  /** The authority that signed the cluster's certificates. @default the authorities that Node trusts */
  readonly ca?: string | Uint8Array | undefined;
  /** The certificate of this client, if the cluster requires one. Requires `key`. @default none */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert`. @default none */
  readonly key?: string | Uint8Array | undefined;
}

/** The checked options, with defaults filled in. */
export interface ResolvedEtcdOptions {
  readonly hosts: string[];
  readonly prefix: string;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly tls: EtcdTls | undefined;
  readonly lockTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly leaseTtlSeconds: number;
  readonly maxTransactionOperations: number;
  readonly maxRequestBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof EtcdStoreOptions>([
  'hosts',
  'prefix',
  'auth',
  'tls',
  'lockTimeout',
  'requestTimeout',
  'attemptTimeout',
  'idleTimeout',
  'sessionTtl',
  'maxTransactionOperations',
  'maxRequestBytes',
  'clock',
  'random',
]);
const AUTH_NAMES: ReadonlySet<string> = new Set(['username', 'password']);

/**
 * Checks the options and fills in the defaults.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function resolveEtcdOptions(options: EtcdStoreOptions): ResolvedEtcdOptions {
  checkOptions(options, OPTION_NAMES);
  const { prefix = 'memstore', auth, tls, sessionTtl = 15 } = options;
  const { lockTimeout = 10_000, requestTimeout = 15_000, attemptTimeout = 3_000 } = options;
  const {
    idleTimeout = 60_000,
    maxTransactionOperations = 128,
    maxRequestBytes = 1.5 * 1024 * 1024,
  } = options;
  const hosts = readHosts(options.hosts);
  if (hosts.length === 0 || !hosts.every(isHost))
    throw new MemStoreError(
      'INVALID_OPTION',
      // The message omits the value, because it may contain a password.
      'hosts must be one or more of host:port. Pass the user and password in the option auth.',
    );
  const secure = hosts.filter((host) => host.startsWith('https://')).length;
  if (secure > 0 && secure < hosts.length)
    throw invalidOption('hosts', 'all with https:// or all without', hosts);
  // A byte 0 follows the prefix, so that no prefix is the start of the keys of another one.
  if (typeof prefix !== 'string' || prefix.includes('\0') || !prefix.isWellFormed())
    throw invalidOption('prefix', 'a string without the character 0', prefix);
  const pem = tls === undefined ? undefined : readTls(tls);
  if (pem !== undefined && hosts.some((host) => host.startsWith('http://')))
    throw invalidOption('hosts', 'without http:// because tls is given', hosts);
  checkNumber('lockTimeout', lockTimeout, 'not negative');
  checkNumber('requestTimeout', requestTimeout, 'positive');
  checkNumber('attemptTimeout', attemptTimeout, 'positive');
  checkNumber('idleTimeout', idleTimeout, 'positive');
  checkCount('sessionTtl', sessionTtl, 'positive');
  checkCount('maxTransactionOperations', maxTransactionOperations, 'positive');
  checkNumber('maxRequestBytes', maxRequestBytes, 'positive');
  return {
    hosts,
    prefix,
    auth: readAuth(auth),
    tls: pem,
    lockTimeoutMs: lockTimeout,
    requestTimeoutMs: requestTimeout,
    attemptTimeoutMs: attemptTimeout,
    idleTimeoutMs: idleTimeout,
    leaseTtlSeconds: sessionTtl,
    maxTransactionOperations,
    maxRequestBytes,
    clock: readClock(options.clock),
    random: readRandom(options.random),
  };
}

/** Copies the hosts. A hole in an array becomes undefined, and `isHost` refuses it. */
function readHosts(hosts: string | readonly string[]): string[] {
  if (typeof hosts === 'string') return [hosts];
  return Array.isArray(hosts) ? Array.from(hosts as readonly string[]) : [];
}

function isHost(host: unknown): boolean {
  return typeof host === 'string' && /^(https?:\/\/)?[^\s/@]+$/.test(host);
}

function readAuth(auth: EtcdStoreOptions['auth']): ResolvedEtcdOptions['auth'] {
  if (auth === undefined) return undefined;
  checkObject('auth', auth);
  checkNames(auth, AUTH_NAMES, 'auth.');
  const { username, password } = auth;
  if (typeof username !== 'string' || typeof password !== 'string')
    throw invalidOption('auth', 'a username and a password', 'something else');
  return { username, password };
}

const TLS_NAMES: ReadonlySet<string> = new Set<keyof EtcdTls>(['ca', 'cert', 'key']);

function readTls(tls: EtcdTls): EtcdTls {
  checkObject('tls', tls);
  checkNames(tls, TLS_NAMES, 'tls.');
  const { ca, cert, key } = tls;
  for (const [name, pem] of Object.entries({ ca, cert, key }))
    if (pem !== undefined && typeof pem !== 'string' && !(pem instanceof Uint8Array))
      // The message omits the value, because it may be a key.
      throw invalidOption(`tls.${name}`, 'text in PEM, or its bytes', 'something else');
  if ((cert === undefined) !== (key === undefined))
    throw invalidOption('tls', 'an object with both cert and key, or with neither', 'only one of them');
  return { ca, cert, key };
}
