import { pathToFileURL } from 'node:url';
import type { ConnectOptions } from '../index.ts';
import { CliError, exitCodes } from './exit-codes.ts';

export const DEFAULT_TARGET = 'memstore://127.0.0.1:8000';

const FORMS =
  'host:port, memstore://user:password@host:port, memstores://… for TLS, or memstore+unix:///path of a socket';

/**
 * Returns the address of a server from a connection string or a short form: `8000`, `:8000`, `host`,
 * `host:8000` or the path of a socket.
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
    // The text contains an invalid percent escape.
    throw notUnderstood();
  }
}

function expand(text: string): string {
  if (text.includes('://')) return text;
  if (/^[./]/.test(text)) return `memstore+unix://${pathToFileURL(text).pathname}`;
  if (/^:?\d+$/.test(text)) return `memstore://127.0.0.1:${text.replace(':', '')}`;
  return `memstore://${text}`;
}

// The message does not repeat the text, which may contain a password.
function notUnderstood(): CliError {
  return new CliError(`The server must have the form ${FORMS}.`, exitCodes.usage);
}

/** Returns the address of a server as text, without the password. */
export function describeTarget({ host, port, path, tls }: ConnectOptions): string {
  if (path !== undefined) return path;
  return `${tls === undefined ? '' : 'tls '}${host?.includes(':') ? `[${host}]` : host}:${port}`;
}
