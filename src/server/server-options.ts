import { getHeapStatistics } from 'node:v8';
import { checkHost, checkPort } from '../arguments/address.ts';
import {
  checkCount,
  checkNames,
  checkNumber,
  checkObject,
  checkOptions,
  invalidOption,
} from '../arguments/check.ts';
import { readClock } from '../arguments/clock-and-random.ts';
import { checkSocketPath } from '../arguments/socket-path.ts';
import type { Clock } from '../contract/clock.ts';
import type { TlsSettings } from '../contract/tls-settings.ts';
import type { RequestLimits } from '../protocol/request-parser.ts';

/** The bounds that keep one client from harming others. */
export interface ServerLimits {
  /** Connections at once. A further client is told so, and its connection closed. @default 10_000 */
  readonly maxConnections?: number | undefined;
  /** Words of one request, the verb included. @default 100_000 */
  readonly maxArguments?: number | undefined;
  /** The greatest length of a key, in UTF-16 code units. @default 262_144 */
  readonly maxKeyLength?: number | undefined;
  /** Bytes of one value, or of any other word. @default 16 MiB, at most a sixteenth of `maxBufferedBytes` */
  readonly maxValueBytes?: number | undefined;
  /** Bytes of one request. @default 64 MiB, at most a quarter of `maxBufferedBytes` */
  readonly maxRequestBytes?: number | undefined;
  /** Bytes of one plain line. @default 1 MiB */
  readonly maxLineBytes?: number | undefined;
  /**
   * Approximate bytes of one reply. A larger reply fails with LIMIT_EXCEEDED; scans can be read by pages.
   * @default 64 MiB, at most half of `maxBufferedBytes`
   */
  readonly maxReplyBytes?: number | undefined;
  /** Unanswered requests of one connection. At this number the server reads no more. @default 16_384 */
  readonly maxPipeline?: number | undefined;
  /**
   * Bytes of memory that the unanswered requests of one connection take. At this number the server reads no
   * more. @default 64 MiB, at most a quarter of `maxBufferedBytes`
   */
  readonly maxPipelineBytes?: number | undefined;
  /**
   * Bytes of replies that a client has not read. At this number the server reads no more of its requests. A
   * limit below the high-water mark of a socket (16 KiB in Node 20) counts as that mark.
   * @default 4 MiB, at most a sixteenth of `maxBufferedBytes`
   */
  readonly maxOutputBytes?: number | undefined;
  /**
   * Bytes that the server buffers for all connections: requests that are not whole or not answered, replies
   * that are not read, open transactions and scans. When half of it is full, connections that hold more than
   * an equal share of a quarter of it are not read, except one at a time. When that lasts for 5 seconds, the
   * server cuts the connections that hold the most.
   * @default an eighth of the heap that Node may use, at least 8 MiB
   */
  readonly maxBufferedBytes?: number | undefined;
  /** Transactions that one connection may have open at once. @default 16_384 */
  readonly maxTransactions?: number | undefined;
  /**
   * The longest `idleTimeout` that a client may ask for its transaction, in milliseconds; a longer one fails
   * with `LIMIT_EXCEEDED`. `Infinity` allows any. @default the `idleTimeout` of the store, or 60_000 if it
   * has none
   */
  readonly maxIdleTimeout?: number | undefined;
  /** Scans that one connection may have open at once. @default 1_024 */
  readonly maxCursors?: number | undefined;
  /** Savepoints of one transaction. @default 1_024 */
  readonly maxSavepoints?: number | undefined;
  /** Bytes of one request before the client has proved who it is. @default 4_096 */
  readonly maxUnauthenticatedBytes?: number | undefined;
  /** How long a client may take to prove who it is, in milliseconds. @default 10_000 */
  readonly authTimeout?: number | undefined;
  /** How long the answer to a wrong password takes, in milliseconds. @default 500 */
  readonly authFailureDelay?: number | undefined;
  /**
   * How many wrong passwords of one address (of IPv6, of one /64) are checked within `authFailureDelay`.
   * Other guesses wait for their turn. The first guess of a connection goes before later guesses, and newer
   * first guesses go before older ones. @default 16
   */
  readonly maxAuthFailures?: number | undefined;
  /**
   * How long a client may leave replies unread while more than `maxOutputBytes` of them wait, or after its
   * last request, in milliseconds. Then its connection is cut. @default 60_000
   */
  readonly stalledTimeout?: number | undefined;
  /** The silence after which the system probes the peer, in milliseconds. @default 30_000 */
  readonly keepAliveDelay?: number | undefined;
}

/** An event of a server, for logs. `connection` numbers the connections from 1. */
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
  /** The TCP port; 0 takes any that is free. @default 8000 */
  readonly port?: number | undefined;
  /**
   * The address to listen on. An address other than loopback needs a password or client certificates.
   * @default '127.0.0.1'
   */
  readonly host?: string | undefined;
  /** The path of a Unix socket to listen on, instead of a port. */
  readonly path?: string | undefined;
  /** The password that clients must give first. @default none */
  readonly password?: string | undefined;
  /**
   * Options of Node's own TLS server: `key`, `cert`, and for client certificates `ca` and `requestCert`.
   * @default no TLS
   */
  readonly tls?: TlsSettings | undefined;
  readonly limits?: ServerLimits | undefined;
  /** Called with each event, for logs. Its errors are ignored. */
  readonly onEvent?: ((event: ServerEvent) => void) | undefined;
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined;
}

export type ResolvedLimits = { readonly [Name in keyof ServerLimits]-?: number };

/** Server options with every default in its place. */
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

/** The part of the heap that buffers may take. */
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

/** The most words of a request from a client that has not authenticated: a greeting and a password. */
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
    throw invalidOption('password', 'a string that is not empty', typeof password);
  if (tls !== undefined) checkObject('tls', tls);
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw invalidOption('onEvent', 'a function', onEvent);
  if (path === undefined && !isLoopback(host) && password === undefined && !asksForCertificates(tls))
    throw invalidOption(
      'host',
      'a loopback address unless there is a password or tls with requestCert and ca',
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

/** Returns the defaults of limits for one connection, as parts of the memory for all. */
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
 * Returns whether only clients with a certificate of a private authority may connect. Without `ca` Node
 * trusts the public authorities, and they give everybody a certificate.
 */
function asksForCertificates(tls: TlsSettings | undefined): boolean {
  const hasAuthority = tls?.ca !== undefined || tls?.pfx !== undefined;
  return hasAuthority && tls.requestCert === true && tls.rejectUnauthorized !== false;
}

/** Returns how large one request may be, before and after the client has authenticated. */
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
