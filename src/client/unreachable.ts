import { tlsFailure } from '../arguments/tls-failure.ts';

const NO_TLS = 'it does not speak TLS; use memstore:// instead of memstores://, or leave out tls';
const DISTRUST = "it does not trust this client's certificate";
const MEANINGS: Readonly<Record<string, string>> = {
  'wrong version number': NO_TLS,
  'packet length too long': NO_TLS,
  'tlsv13 alert certificate required': 'it wants a certificate of the client',
  'sslv3 alert handshake failure':
    'it has no cipher in common with this client, or wants a certificate of it',
  'tlsv1 alert protocol version': 'it speaks other versions of TLS only',
  'sslv3 alert bad certificate': DISTRUST,
  'tlsv1 alert unknown ca': DISTRUST,
};

/** The first byte of an alert, which a TLS server sends when it does not understand. */
const TLS_ALERT = 0x15;

/** Returns why a server could not be reached, from the error of the system. */
export function unreachable(error: NodeJS.ErrnoException & { readonly hostname?: string }): string {
  const why =
    error.code === 'ENOTFOUND' ? `nobody knows a host ${error.hostname}` : tlsFailure(error, MEANINGS);
  return `The server could not be reached: ${why}.`;
}

/** Returns why a server may have closed a connection instead of answering. */
export function closedUnanswered(hasTls: boolean): string {
  const perhaps = hasTls
    ? `If it asks for certificates, perhaps ${DISTRUST}.`
    : 'If it speaks TLS, use memstores:// instead of memstore://, or the option tls.';
  return `The server closed the connection before it answered. ${perhaps}`;
}

/** Returns whether an answer begins as TLS does. */
export function isTlsAlert(chunk: Uint8Array): boolean {
  return chunk[0] === TLS_ALERT;
}
