import { MemStoreError } from '../../contract/errors.ts';

/**
 * Returns the error for a commit that the journal refused. It has the code of the journal's own error, if
 * that is a `MemStoreError`.
 */
export function journalFailed(cause: unknown): MemStoreError {
  const [code, why] =
    cause instanceof MemStoreError
      ? [cause.code, ` ${cause.message}`]
      : (['TRANSACTION_ABORTED', ''] as const);
  return new MemStoreError(code, `The journal did not take the commit.${why}`, { cause });
}
