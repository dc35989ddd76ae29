import { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/options.ts';

/** The work that a signal cancels, as errors name it. */
type Work = 'operation' | 'transaction' | 'copy';

/** Returns the error for work that its signal cancels. */
export function abortedBy(signal: AbortSignal | undefined, work: Work = 'operation'): MemStoreError {
  return new MemStoreError('ABORTED', `The ${work} was cancelled by its signal.`, { cause: signal?.reason });
}

/** Returns the error for an operation that a rollback to an earlier savepoint cancels. */
export function abortedByRollbackTo(): MemStoreError {
  return new MemStoreError('ABORTED', 'The operation was cancelled by rollbackTo.');
}

/** @throws {MemStoreError} ABORTED if the signal of the options is aborted */
export function refuseIfAborted(options: WaitOptions | undefined): void {
  if (options?.signal?.aborted) throw abortedBy(options.signal);
}

/** Settles as the promise does, but rejects with `ABORTED` as soon as the signal is aborted. */
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
