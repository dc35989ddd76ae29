import type { TLSSocket } from 'node:tls';
import { tlsFailure } from '../arguments/tls-failure.ts';

const NO_TLS = 'it does not speak TLS';
const MEANINGS: Readonly<Record<string, string>> = {
  'wrong version number': NO_TLS,
  'http request': NO_TLS,
  'packet length too long': NO_TLS,
  'peer did not return a certificate': 'it showed no certificate',
  'unsupported protocol': 'it speaks an older version of TLS only',
  'no shared cipher': 'it has no cipher in common with this server',
  'sslv3 alert bad certificate': 'it does not trust the certificate of this server',
  'sslv3 alert certificate unknown': 'it does not trust the certificate of this server',
  'tlsv1 alert unknown ca': 'it does not trust the certificate of this server',
};

/** Returns why a TLS handshake failed, for a log. */
export function refusedHandshake(error: Error, { authorizationError }: TLSSocket): string {
  // A client whose certificate is not trusted is cut off, and Node says only that it is gone.
  if (authorizationError) return `its certificate is not trusted (${String(authorizationError)})`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNRESET':
      return 'it hung up before hands were shaken';
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return 'it did not shake hands in time';
    default:
      return tlsFailure(error, MEANINGS);
  }
}
