import {
  checkCount,
  checkNames,
  checkNumber,
  checkObject,
  checkOptions,
  invalidOption,
} from '../arguments/check.ts';
import { readClock, readRandom } from '../arguments/clock-and-random.ts';
import type { Clock } from '../contract/clock.ts';
import { MemStoreError } from '../contract/errors.ts';

/** Options of `EtcdStore.open`. */
export interface EtcdStoreOptions {
  /** The cluster's endpoints, `host:port` each, or with `https://` in front for TLS. */
  readonly hosts: string | readonly string[];
  /**
   * What all the keys of this store have in front in etcd, so that several stores share a cluster.
   * @default 'memstore'
   */
  readonly prefix?: string | undefined;
  /** User and password, where the cluster asks for them. @default none */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /**
   * Speaks TLS, with the certificates that are given. An empty object does so too, and so does `https://`
   * in front of the hosts. @default none
   */
  readonly tls?: EtcdTls | undefined;
  /**
   * How long an operation waits for a row lock that somebody else holds, in milliseconds. 0 never waits.
   * @default 10_000
   */
  readonly lockTimeout?: number | undefined;
  /**
   * How long an operation tries to reach the cluster, in milliseconds, whatever nodes fail meanwhile; then
   * it rejects with `CONNECTION_LOST`, a commit with `COMMIT_UNKNOWN`. @default 15_000
   */
  readonly requestTimeout?: number | undefined;
  /**
   * How long one attempt at one node may take, in milliseconds, before another node is asked. @default 3_000
   */
  readonly attemptTimeout?: number | undefined;
  /** A transaction that nobody touches for this long, in milliseconds, is rolled back. @default 60_000 */
  readonly idleTimeout?: number | undefined;
  /**
   * For how long the cluster keeps the row locks of a process that it hears nothing of, in seconds.
   * @default 15
   */
  readonly sessionTtl?: number | undefined;
  /** The cluster's `--max-txn-ops`: what one transaction may read, and what it may write. @default 128 */
  readonly maxTransactionOperations?: number | undefined;
  /** The cluster's `--max-request-bytes`: what one commit may carry. @default 1.5 MiB */
  readonly maxRequestBytes?: number | undefined;
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined;
  /** A number in [0, 1), for the jitter of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Certificates and keys, in PEM. */
export interface EtcdTls {
  /** The authority that the cluster's certificates are signed by. @default those that Node trusts */
  readonly ca?: string | Uint8Array | undefined;
  /** This client's own certificate, where the cluster asks for one; needs `key`. @default none */
  readonly cert?: string | Uint8Array | undefined;
  /** The key of it. @default none */
  readonly key?: string | Uint8Array | undefined;
}

/** The options with every default in its place. */
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

/** @throws {MemStoreError} INVALID_OPTION */
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
      // What was given may hold a password, so it is not repeated.
      'hosts must be one host:port or more; user and password are the option auth.',
    );
  const secure = hosts.filter((host) => host.startsWith('https://')).length;
  if (secure > 0 && secure < hosts.length)
    throw invalidOption('hosts', 'all with https:// or all without', hosts);
  // The byte behind the prefix is 0, so that no prefix is the beginning of another one's keys.
  if (typeof prefix !== 'string' || prefix.includes('\0') || !prefix.isWellFormed())
    throw invalidOption('prefix', 'a string without the character 0', prefix);
  const pem = tls === undefined ? undefined : readTls(tls);
  if (pem !== undefined && hosts.some((host) => host.startsWith('http://')))
    throw invalidOption('hosts', 'without http:// where tls is given', hosts);
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

/** Copies the hosts. A hole in the array becomes undefined, so that `isHost` refuses it. */
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
      // What is given may be a key.
      throw invalidOption(`tls.${name}`, 'text in PEM, or its bytes', 'something else');
  if ((cert === undefined) !== (key === undefined))
    throw invalidOption('tls', 'with both cert and key, or neither', 'with one of them');
  return { ca, cert, key };
}
