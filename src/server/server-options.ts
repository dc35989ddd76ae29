import { getHeapStatistics } from 'node:v8';
import { checkHost, checkPort } from '../arguments/address.ts';
import {
  checkCount,
  checkFunction,
  checkNames,
  checkNumber,
  checkObject,
  checkOptions,
  invalidOption,
} from '../arguments/check-options.ts';
import { readClock } from '../arguments/clock-and-random.ts';
import { checkSocketPath } from '../arguments/socket-path.ts';
import type { Clock } from '../contract/clock.ts';
import type { TlsSettings } from '../contract/tls-settings.ts';
import type { RequestLimits } from '../protocol/request-parser.ts';

/** Limits that keep one client from harming others. */
export interface ServerLimits {
  /** The maximum number of connections. The server refuses further clients with an error. @default 10_000 */
  readonly maxConnections?: number | undefined;
  /** The maximum number of words of one request, including the verb. @default 100_000 */
  readonly maxArguments?: number | undefined;
  /** The maximum length of a key, in UTF-16 code units. @default 262_144 */
  readonly maxKeyLength?: number | undefined;
  /**
   * The maximum size of one value or of any other word, in bytes.
   * @default 16 MiB, at most a sixteenth of `maxBufferedBytes`
   */
  readonly maxValueBytes?: number | undefined;
  /** The maximum size of one request, in bytes. @default 64 MiB, at most a quarter of `maxBufferedBytes` */
  readonly maxRequestBytes?: number | undefined;
  /** The maximum size of one plain line, in bytes. @default 1 MiB */
  readonly maxLineBytes?: number | undefined;
  /**
   * The approximate maximum size of one reply, in bytes. A larger reply fails with `LIMIT_EXCEEDED`. Scans
   * can be read in pages.
   * @default 64 MiB, at most half of `maxBufferedBytes`
   */
  readonly maxReplyBytes?: number | undefined;
  /**
   * The maximum number of unanswered requests of one connection. At the limit, the server stops reading.
   * @default 16_384
   */
  readonly maxPipeline?: number | undefined;
  /**
   * The maximum memory for the unanswered requests of one connection, in bytes. At the limit, the server
   * stops reading. @default 64 MiB, at most a quarter of `maxBufferedBytes`
   */
  readonly maxPipelineBytes?: number | undefined;
  /**
   * The maximum size of the unread replies of one connection, in bytes. At the limit, the server stops
   * reading its requests. The minimum is the high-water mark of a socket, which is 16 KiB in Node 20.
   * @default 4 MiB, at most a sixteenth of `maxBufferedBytes`
   */
  readonly maxOutputBytes?: number | undefined;
  /**
   * The maximum memory for the buffers of all connections, in bytes. They hold incomplete and unanswered
   * requests, unread replies, open transactions, scans and change feeds. When half of it is used, each
   * connection gets an equal share of a quarter of it. The server then stops reading connections that use
   * more, except one at a time. If this lasts for 5 seconds, the server closes the connections that use the
   * most.
   * @default an eighth of the heap limit of Node, at least 8 MiB
   */
  readonly maxBufferedBytes?: number | undefined;
  /** The maximum number of open transactions of one connection. @default 16_384 */
  readonly maxTransactions?: number | undefined;
  /**
   * The maximum `idleTimeout` that a client may set for a transaction, in milliseconds. A longer one fails
   * with `LIMIT_EXCEEDED`. `Infinity` allows any.
   * @default the `idleTimeout` of the store, or 60_000 if it has none
   */
  readonly maxIdleTimeout?: number | undefined;
  /** The maximum number of open scans of one connection. @default 1_024 */
  readonly maxCursors?: number | undefined;
  /** The maximum number of open change feeds of one connection. @default 1_024 */
  readonly maxFeeds?: number | undefined;
  /** The maximum number of savepoints of one transaction. @default 1_024 */
  readonly maxSavepoints?: number | undefined;
  /** The maximum size of one request before authentication, in bytes. @default 4_096 */
  readonly maxUnauthenticatedBytes?: number | undefined;
  /** The time limit for authentication, in milliseconds. @default 10_000 */
  readonly authTimeout?: number | undefined;
  /** The delay of the reply to a wrong password, in milliseconds. @default 500 */
  readonly authFailureDelay?: number | undefined;
  /**
   * The maximum number of wrong passwords per address that the server checks within `authFailureDelay`. For
   * IPv6, a /64 network counts as one address. Other guesses wait. The first guess of a connection goes
   * before later guesses, and newer first guesses go before older ones. @default 16
   */
  readonly maxAuthFailures?: number | undefined;
  /**
   * How long a client may leave replies unread before the server closes the connection, in milliseconds. It
   * applies while more than `maxOutputBytes` are unread, and after the last request. @default 60_000
   */
  readonly stalledTimeout?: number | undefined;
  /** The silence after which TCP keep-alive probes the client, in milliseconds. @default 30_000 */
  readonly keepAliveDelay?: number | undefined;
}

/** An event of a server, for logs. `connection` is the number of the connection, from 1. */
export type ServerEvent =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'connected'; readonly connection: number; readonly peer: string }
  | { readonly type: 'disconnected'; readonly connection: number; readonly reason: string }
  | { readonly type: 'auth-failed'; readonly connection: number; readonly peer: string }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'error'; readonly error: unknown }
  | { readonly type: 'closing' }
  | { readonly type: 'closed' };

/** Options of `startServer`. */
export interface ServerOptions {
  /** The TCP port. 0 selects a free one. @default 8000 */
  readonly port?: number | undefined;
  /**
   * The address to listen on. An address other than loopback needs a password or client certificates.
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
  /** The path of a Unix socket to listen on, instead of a port. @default none */
  readonly path?: string | undefined;
  /** The password that clients must send first. @default none */
  readonly password?: string | undefined;
  /**
   * Options of Node's own TLS server: `key`, `cert`, and for client certificates `ca` and `requestCert`.
   * @default no TLS
   */
  readonly tls?: TlsSettings | undefined;
  /** The limits for clients. @default the default of each limit */
  readonly limits?: ServerLimits | undefined;
  /** Called with each event, for logs. Its errors are ignored. @default none */
  readonly onEvent?: ((event: ServerEvent) => void) | undefined;
  /** The source of time. Tests pass a fake one. @default the platform's clock */
  readonly clock?: Clock | undefined;
}

export type ResolvedLimits = { readonly [Name in keyof ServerLimits]-?: number };

/** Server options with all defaults filled in. */
export interface ResolvedServerOptions {
  readonly listen: { readonly path: string } | { readonly port: number; readonly host: string };
  readonly password: string | undefined;
  readonly tls: TlsSettings | undefined;
  readonly limits: ResolvedLimits;
  readonly onEvent: (event: ServerEvent) => void;
  readonly clock: Clock;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof ServerOptions>([
  'port',
  'host',
  'path',
  'password',
  'tls',
  'limits',
  'onEvent',
  'clock',
]);

const MIB = 1024 * 1024;

/** The part of the heap limit that buffers may use by default. */
const BUFFERED_PART = 1 / 8;
const LEAST_BUFFERED_BYTES = 8 * MIB;

const defaultLimits: ResolvedLimits = {
  maxConnections: 10_000,
  maxArguments: 100_000,
  maxKeyLength: 262_144,
  maxValueBytes: 16 * MIB,
  maxRequestBytes: 64 * MIB,
  maxLineBytes: MIB,
  maxReplyBytes: 64 * MIB,
  maxPipeline: 16_384,
  maxPipelineBytes: 64 * MIB,
  maxOutputBytes: 4 * MIB,
  maxBufferedBytes: Math.max(
    Math.floor(getHeapStatistics().heap_size_limit * BUFFERED_PART),
    LEAST_BUFFERED_BYTES,
  ),
  maxTransactions: 16_384,
  maxIdleTimeout: 60_000,
  maxCursors: 1_024,
  maxFeeds: 1_024,
  maxSavepoints: 1_024,
  maxUnauthenticatedBytes: 4_096,
  authTimeout: 10_000,
  authFailureDelay: 500,
  maxAuthFailures: 16,
  stalledTimeout: 60_000,
  keepAliveDelay: 30_000,
};

const limitNames: ReadonlySet<keyof ServerLimits> = new Set(
  Object.keys(defaultLimits) as (keyof ServerLimits)[],
);

/**
 * The maximum number of words of a request before authentication. It is enough for a greeting with a
 * password.
 */
const MAX_UNAUTHENTICATED_ARGUMENTS = 16;

/**
 * Checks options and fills in the defaults.
 * @param storeIdleTimeoutMs the idle timeout of the store, if it is known
 * @throws {MemStoreError} INVALID_OPTION
 */
export function resolveServerOptions(
  options: ServerOptions,
  storeIdleTimeoutMs: number = defaultLimits.maxIdleTimeout,
): ResolvedServerOptions {
  checkOptions(options, OPTION_NAMES);
  const { port = 8000, host = '127.0.0.1', path, password, tls, limits = {}, onEvent } = options;
  checkPort(port, 0);
  checkHost(host);
  if (path !== undefined) checkSocketPath(path, process.platform);
  if (password !== undefined && (typeof password !== 'string' || password === ''))
    throw invalidOption('password', 'a non-empty string', typeof password);
  if (tls !== undefined) checkObject('tls', tls);
  if (onEvent !== undefined) checkFunction('onEvent', onEvent);
  if (path === undefined && !isLoopback(host) && password === undefined && !asksForCertificates(tls))
    throw invalidOption(
      'host',
      'a loopback address unless there is a password, or tls with requestCert and ca',
      host,
    );
  return {
    listen: path === undefined ? { port, host } : { path },
    password,
    tls,
    limits: resolveLimits(limits, storeIdleTimeoutMs),
    onEvent: onEvent ?? (() => {}),
    clock: readClock(options.clock),
  };
}

function resolveLimits(limits: ServerLimits, maxIdleTimeout: number): ResolvedLimits {
  checkObject('limits', limits);
  checkNames(limits, limitNames, 'limits.');
  const resolved: Record<string, number> = {
    ...defaultLimits,
    ...sharesOf(limits.maxBufferedBytes),
    maxIdleTimeout,
  };
  for (const name of limitNames) {
    const value = limits[name];
    if (value === undefined) continue;
    if (name === 'maxIdleTimeout') checkNumber(name, value, 'positive');
    else if (name.startsWith('max')) checkCount(name, value, 'positive');
    else checkNumber(name, value, 'not negative');
    resolved[name] = value;
  }
  return resolved as ResolvedLimits;
}

/** Returns the default limits of one connection. They are fractions of the memory for all connections. */
function sharesOf(maxBufferedBytes: number = defaultLimits.maxBufferedBytes): Partial<ResolvedLimits> {
  const atMost = (bytes: number, part: number): number =>
    Math.max(1, Math.min(bytes, Math.floor(part * maxBufferedBytes)));
  const { maxValueBytes, maxRequestBytes, maxReplyBytes, maxPipelineBytes, maxOutputBytes } = defaultLimits;
  return {
    maxValueBytes: atMost(maxValueBytes, 1 / 16),
    maxRequestBytes: atMost(maxRequestBytes, 1 / 4),
    maxReplyBytes: atMost(maxReplyBytes, 1 / 2),
    maxPipelineBytes: atMost(maxPipelineBytes, 1 / 4),
    maxOutputBytes: atMost(maxOutputBytes, 1 / 16),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Returns whether only clients with a certificate from a private authority may connect. Without `ca`, Node
 * trusts the public authorities, and anybody can get a certificate from them.
 */
function asksForCertificates(tls: TlsSettings | undefined): boolean {
  const hasAuthority = tls?.ca !== undefined || tls?.pfx !== undefined;
  return hasAuthority && tls.requestCert === true && tls.rejectUnauthorized !== false;
}

/** Returns the limits of one request, before or after authentication. */
export function requestLimits(limits: ResolvedLimits, isAuthenticated: boolean): RequestLimits {
  const { maxArguments, maxValueBytes, maxRequestBytes, maxLineBytes, maxUnauthenticatedBytes } = limits;
  if (isAuthenticated)
    return { maxArguments, maxArgumentBytes: maxValueBytes, maxRequestBytes, maxLineBytes };
  return {
    maxArguments: Math.min(maxArguments, MAX_UNAUTHENTICATED_ARGUMENTS),
    maxArgumentBytes: Math.min(maxValueBytes, maxUnauthenticatedBytes),
    maxRequestBytes: Math.min(maxRequestBytes, maxUnauthenticatedBytes),
    maxLineBytes: Math.min(maxLineBytes, maxUnauthenticatedBytes),
  };
}
