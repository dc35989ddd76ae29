import { MemStoreError } from '../contract/errors.ts';

/**
 * Returns the error of an operation on a closed store.
 * @param openError the error that prevented the store from opening; `undefined` if it was open before
 */
export function storeClosed(openError?: unknown): MemStoreError {
  if (openError === undefined) return new MemStoreError('STORE_CLOSED', 'The store is closed.');
  const options = { cause: openError };
  if (openError instanceof MemStoreError)
    return new MemStoreError(openError.code, `The store could not be opened. ${openError.message}`, options);
  return new MemStoreError('STORE_CLOSED', 'The store could not be opened.', options);
}
