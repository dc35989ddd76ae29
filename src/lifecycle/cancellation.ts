import { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/options.ts';

/** The kind of work that a signal cancels, as named in error messages. */
type Work = 'operation' | 'transaction' | 'copy' | 'feed';

/** Returns the error of work that was cancelled by its signal. */
export function abortedBy(signal: AbortSignal | undefined, work: Work = 'operation'): MemStoreError {
  return new MemStoreError('ABORTED', `The ${work} was cancelled by its signal.`, { cause: signal?.reason });
}

/** Returns the error of an operation that `rollbackTo` cancels. */
export function abortedByRollbackTo(): MemStoreError {
  return new MemStoreError('ABORTED', 'The operation was cancelled by rollbackTo.');
}

/** @throws {MemStoreError} ABORTED if the signal of the options is aborted */
export function refuseIfAborted(options: WaitOptions | undefined): void {
  if (options?.signal?.aborted) throw abortedBy(options.signal);
}

/** Settles like the promise, but rejects with `ABORTED` as soon as the signal is aborted. */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  work?: Work,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortedBy(signal, work));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
