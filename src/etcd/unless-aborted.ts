import { cancelledBy } from './refusals.ts';

/**
 * Settles as the promise does, or is rejected as soon as the signal is aborted.
 * @throws {MemStoreError} ABORTED, as a rejection
 */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelledBy(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
