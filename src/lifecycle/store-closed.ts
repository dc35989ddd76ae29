import { MemStoreError } from '../contract/errors.ts';

/**
 * Returns the error for an operation of a closed store.
 * @param openError why the store could not be opened; `undefined` if it was open before
 */
export function storeClosed(openError?: unknown): MemStoreError {
  if (openError === undefined) return new MemStoreError('STORE_CLOSED', 'The store is closed.');
  const options = { cause: openError };
  if (openError instanceof MemStoreError)
    return new MemStoreError(openError.code, `The store could not be opened. ${openError.message}`, options);
  return new MemStoreError('STORE_CLOSED', 'The store could not be opened.', options);
}
