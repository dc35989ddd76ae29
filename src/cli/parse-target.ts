import { pathToFileURL } from 'node:url';
import type { ConnectOptions } from '../index.ts';
import { CliError, exitCodes } from './exit-codes.ts';

export const DEFAULT_TARGET = 'memstore://127.0.0.1:8000';

const FORMS =
  'host:port, memstore://user:password@host:port, memstores://… for TLS, or memstore+unix:///path of a socket';

/**
 * Where a server is: a connection string, or what people type for short: `8000`, `:8000`, `host`, `host:8000`,
 * or the path of a socket.
 * @throws {CliError}
 */
export function parseTarget(text: string): ConnectOptions {
  const expanded = expand(text);
  if (!URL.canParse(expanded)) throw notUnderstood();
  const url = new URL(expanded);
  const isTls = url.protocol === 'memstores:';
  if (url.search !== '' || url.hash !== '') throw notUnderstood();
  const password = url.password === '' ? {} : { password: decoded(url.password) };
  if (url.protocol === 'memstore+unix:' && url.hostname === '' && url.pathname.length > 1)
    return { path: decoded(url.pathname), ...password };
  if ((url.protocol !== 'memstore:' && !isTls) || url.hostname === '' || !/^\/?$/.test(url.pathname))
    throw notUnderstood();
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 8000 : Number(url.port),
    ...password,
    ...(isTls ? { tls: {} } : {}),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A percent sign that begins no escape.
    throw notUnderstood();
  }
}

function expand(text: string): string {
  if (text.includes('://')) return text;
  if (/^[./]/.test(text)) return `memstore+unix://${pathToFileURL(text).pathname}`;
  if (/^:?\d+$/.test(text)) return `memstore://127.0.0.1:${text.replace(':', '')}`;
  return `memstore://${text}`;
}

// The text may hold a password, so it is not repeated.
function notUnderstood(): CliError {
  return new CliError(`The server must be given as ${FORMS}.`, exitCodes.usage);
}

/** A target without its password, to be shown. */
export function describeTarget({ host, port, path, tls }: ConnectOptions): string {
  if (path !== undefined) return path;
  return `${tls === undefined ? '' : 'tls '}${host?.includes(':') ? `[${host}]` : host}:${port}`;
}
