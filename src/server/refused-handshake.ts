import type { TLSSocket } from 'node:tls';
import { tlsFailure } from '../arguments/tls-failure.ts';

const NO_TLS = 'the client does not speak TLS';
const MEANINGS: Readonly<Record<string, string>> = {
  'wrong version number': NO_TLS,
  'http request': NO_TLS,
  'packet length too long': NO_TLS,
  'peer did not return a certificate': 'the client sent no certificate',
  'unsupported protocol': 'the client supports only older versions of TLS',
  'no shared cipher': 'the client has no cipher in common with this server',
  'sslv3 alert bad certificate': 'it does not trust the certificate of this server',
  'sslv3 alert certificate unknown': 'it does not trust the certificate of this server',
  'tlsv1 alert unknown ca': 'it does not trust the certificate of this server',
};

/** Returns the reason of a failed TLS handshake, for logs. */
export function refusedHandshake(error: Error, { authorizationError }: TLSSocket): string {
  // Node resets the connection of a client with an untrusted certificate. The error itself does not name that
  // reason.
  if (authorizationError)
    return `the certificate of the client is not trusted (${String(authorizationError)})`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNRESET':
      return 'the client closed the connection during the TLS handshake';
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return 'the client did not complete the TLS handshake in time (authTimeout)';
    default:
      return tlsFailure(error, MEANINGS);
  }
}
