import { MemStoreError } from '../../contract/errors.ts';

/**
 * Why a transaction ended whose commit the journal did not take. It has the journal's own code, if there is
 * one.
 */
export function notJournaled(cause: unknown): MemStoreError {
  const [code, why] =
    cause instanceof MemStoreError
      ? [cause.code, ` ${cause.message}`]
      : (['TRANSACTION_ABORTED', ''] as const);
  return new MemStoreError(code, `The journal did not take the commit.${why}`, { cause });
}
