import { tlsFailure } from '../arguments/tls-failure.ts';

const NO_TLS =
  'the server does not speak TLS; use memstore:// instead of memstores://, or omit the option tls';
const DISTRUST = "the server does not trust this client's certificate";
const MEANINGS: Readonly<Record<string, string>> = {
  'wrong version number': NO_TLS,
  'packet length too long': NO_TLS,
  'tlsv13 alert certificate required':
    'the server requires a client certificate; set cert and key in the option tls',
  'sslv3 alert handshake failure':
    'the server has no cipher in common with this client, or requires a client certificate',
  'tlsv1 alert protocol version': 'the server supports only other versions of TLS',
  'sslv3 alert bad certificate': DISTRUST,
  'tlsv1 alert unknown ca': DISTRUST,
};

/** The first byte of a TLS alert, which a TLS server sends in reply to bytes that are not TLS. */
const TLS_ALERT = 0x15;

/** Returns the reason why a server could not be reached, from a system error. */
export function unreachable(error: NodeJS.ErrnoException & { readonly hostname?: string }): string {
  const why =
    error.code === 'ENOTFOUND' ? `the host ${error.hostname} is unknown` : tlsFailure(error, MEANINGS);
  return `The server could not be reached: ${why}.`;
}

/** Returns the message for a connection that the server closed before it answered. */
export function closedUnanswered(hasTls: boolean): string {
  const perhaps = hasTls
    ? `If it requires client certificates, perhaps ${DISTRUST}.`
    : 'If it speaks TLS, use memstores:// instead of memstore://, or the option tls.';
  return `The server closed the connection before it answered. ${perhaps}`;
}

/** Returns whether a reply begins like a TLS alert. */
export function isTlsAlert(chunk: Uint8Array): boolean {
  return chunk[0] === TLS_ALERT;
}
