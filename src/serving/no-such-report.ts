import { MemStoreError } from '../contract/errors.ts';

/** Returns the error for a report that the backend does not offer. */
export function noSuchReport(): MemStoreError {
  return new MemStoreError('UNKNOWN_COMMAND', 'The served store does not offer this report.');
}
