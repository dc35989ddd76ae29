import { checkHost, checkPort } from '../arguments/address.ts';
import { checkNumber, checkObject, checkOptions, invalidOption } from '../arguments/check-options.ts';
import { readClock, readRandom } from '../arguments/clock-and-random.ts';
import { checkSocketPath } from '../arguments/socket-path.ts';
import type { Clock } from '../contract/clock.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { TlsSettings } from '../contract/tls-settings.ts';

/** Options of `connect`. */
export interface ConnectOptions {
  /** The TCP port of the server. @default 8000 */
  readonly port?: number | undefined;
  /** The address of the server. @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** The path of the server's Unix socket, instead of a port. @default none */
  readonly path?: string | undefined;
  /** The password of the server. @default none */
  readonly password?: string | undefined;
  /** Options of Node's own TLS client; `{}` for its defaults. @default no TLS */
  readonly tls?: TlsSettings | undefined;
  /**
   * The `lockTimeout` of operations that do not set one, in milliseconds.
   * @default the `lockTimeout` of the served store
   */
  readonly lockTimeout?: number | undefined;
  /** The time limit of one attempt to connect, in milliseconds. @default 10_000 */
  readonly connectTimeout?: number | undefined;
  /**
   * How long an operation waits for a new connection after the old one was lost, in milliseconds. Then it
   * rejects with `CONNECTION_LOST`. 0 does not wait. @default 10_000
   */
  readonly reconnectTimeout?: number | undefined;
  /**
   * If the server sends nothing for this time while requests wait for replies, the client pings it, in
   * milliseconds. After the same time without a reply, the connection counts as lost. `Infinity` turns pings
   * off. @default 15_000
   */
  readonly heartbeat?: number | undefined;
  /** The source of time. Tests pass a fake one. @default the platform's clock */
  readonly clock?: Clock | undefined;
  /** Returns a number in [0, 1), for the jitter of retries and reconnects. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Client options with all defaults filled in. */
export interface ResolvedConnectOptions {
  readonly target: { readonly path: string } | { readonly port: number; readonly host: string };
  readonly password: string | undefined;
  readonly tls: TlsSettings | undefined;
  readonly lockTimeoutMs: number | undefined;
  readonly connectTimeoutMs: number;
  readonly reconnectTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof ConnectOptions>([
  'port',
  'host',
  'path',
  'password',
  'tls',
  'lockTimeout',
  'connectTimeout',
  'reconnectTimeout',
  'heartbeat',
  'clock',
  'random',
]);

const DEFAULT_PORT = 8000;

/**
 * Checks the options or the connection string, and fills in the defaults.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function resolveConnectOptions(given: ConnectOptions | string): ResolvedConnectOptions {
  const options = typeof given === 'string' ? parseUrl(given) : given;
  checkOptions(options, OPTION_NAMES);
  const { port = DEFAULT_PORT, host = '127.0.0.1', path, password, tls, lockTimeout } = options;
  const { connectTimeout = 10_000, reconnectTimeout = 10_000, heartbeat = 15_000 } = options;
  checkPort(port, 1);
  checkHost(host);
  // A caller may pass a connection string as host by mistake. It may contain a password, so do not repeat it.
  if (/[\s/@]/.test(host))
    throw new MemStoreError(
      'INVALID_OPTION',
      'host must be only an address, without protocol, user or path.',
    );
  if (path !== undefined) checkSocketPath(path, process.platform);
  if (password !== undefined && typeof password !== 'string')
    throw invalidOption('password', 'a string', typeof password);
  if (tls !== undefined) checkObject('tls', tls);
  if (lockTimeout !== undefined) checkNumber('lockTimeout', lockTimeout, 'not negative');
  checkNumber('connectTimeout', connectTimeout, 'positive');
  checkNumber('reconnectTimeout', reconnectTimeout, 'not negative');
  checkNumber('heartbeat', heartbeat, 'positive');
  return {
    target: path === undefined ? { port, host } : { path },
    password,
    tls,
    lockTimeoutMs: lockTimeout,
    connectTimeoutMs: connectTimeout,
    reconnectTimeoutMs: reconnectTimeout,
    heartbeatMs: heartbeat,
    clock: readClock(options.clock),
    random: readRandom(options.random),
  };
}

const FORMS = 'memstore://user:password@host:port, memstores://… for TLS, or memstore+unix:///path';

/** Returns the options in a connection string. Ignores the user, because a server has only one password. */
function parseUrl(text: string): ConnectOptions {
  let url: URL;
  let decoded: string;
  let path: string;
  try {
    url = new URL(text);
    decoded = decodeURIComponent(url.password);
    path = decodeURIComponent(url.pathname);
  } catch {
    throw notUnderstood();
  }
  const password = decoded === '' ? {} : { password: decoded };
  if (url.search !== '' || url.hash !== '') throw notUnderstood();
  if (url.protocol === 'memstore+unix:' && url.hostname === '' && url.pathname.length > 1)
    return { path, ...password };
  const isTls = url.protocol === 'memstores:';
  const hasPath = url.pathname !== '' && url.pathname !== '/';
  if ((url.protocol !== 'memstore:' && !isTls) || url.hostname === '' || hasPath) throw notUnderstood();
  return {
    // An IPv6 address is in brackets in a URL.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...password,
    ...(isTls ? { tls: {} } : {}),
  };
}

/**
 * Returns the error for an invalid connection string. It does not repeat the string, which may contain a
 * password.
 */
function notUnderstood(): MemStoreError {
  return new MemStoreError('INVALID_OPTION', `The connection string must be ${FORMS}.`);
}
