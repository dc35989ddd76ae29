import { MemStoreError } from '../contract/errors.ts';

/** Extracts the reason from an error text of OpenSSL. */
const REASON = /error:[\dA-F]+:[^:]*:[^:]*:([^:]*)/;

/** Describes a TLS error as the end of a sentence. `meanings` maps OpenSSL reasons to explanations. */
export function tlsFailure(error: Error, meanings: Readonly<Record<string, string>>): string {
  const reason = REASON.exec(error.message)?.[1]?.trim();
  if (reason === undefined) return error.message.trim();
  return meanings[reason] ?? `TLS failed with "${reason}"`;
}

const KEY_MEANINGS: Readonly<Record<string, string>> = {
  'no start line': 'a key or a certificate is not in PEM form',
  'key values mismatch': 'the key does not belong to the certificate',
};

/** Returns the error for keys or certificates that cannot be used. */
export function invalidTls(cause: unknown): MemStoreError {
  const why = cause instanceof Error ? tlsFailure(cause, KEY_MEANINGS) : String(cause);
  return new MemStoreError(
    'INVALID_OPTION',
    `tls must have a key and certificates that OpenSSL accepts: ${why}.`,
    { cause },
  );
}
