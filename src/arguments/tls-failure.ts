import { MemStoreError } from '../contract/errors.ts';

/** What OpenSSL gives as the reason, out of the text that it writes for its own developers. */
const REASON = /error:[\dA-F]+:[^:]*:[^:]*:([^:]*)/;

/** What went wrong with TLS, as the end of a sentence, given what OpenSSL means by which reason. */
export function tlsFailure(error: Error, meanings: Readonly<Record<string, string>>): string {
  const reason = REASON.exec(error.message)?.[1]?.trim();
  if (reason === undefined) return error.message.trim();
  return meanings[reason] ?? `TLS failed with "${reason}"`;
}

const KEY_MEANINGS: Readonly<Record<string, string>> = {
  'no start line': 'a key or a certificate is not in PEM',
  'key values mismatch': 'the key is not that of the certificate',
};

/** The error of somebody whose keys and certificates cannot be used. */
export function invalidTls(cause: unknown): MemStoreError {
  const why = cause instanceof Error ? tlsFailure(cause, KEY_MEANINGS) : String(cause);
  return new MemStoreError('INVALID_OPTION', `The option tls cannot be used: ${why}.`, { cause });
}
