import { MemStoreError } from '../contract/errors.ts';

/** Returns the error for a report that the backend does not have. */
export function noSuchReport(): MemStoreError {
  return new MemStoreError('UNKNOWN_COMMAND', 'The store that is served has no such report.');
}
