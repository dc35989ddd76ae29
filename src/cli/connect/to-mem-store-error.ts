import { MemStoreError } from '../../index.ts';

/** What a command was rejected with, as one error with a code. What has none is a fault of this program. */
export function toMemStoreError(thrown: unknown): MemStoreError {
  if (thrown instanceof MemStoreError) return thrown;
  if (thrown instanceof AggregateError) {
    const [first] = thrown.errors;
    const messages = thrown.errors.map((error) => (error instanceof Error ? error.message : String(error)));
    if (first instanceof MemStoreError)
      return new MemStoreError(first.code, `${thrown.message} ${messages.join(' ')}`, { cause: thrown });
  }
  if (thrown instanceof DOMException && thrown.name === 'AbortError')
    return new MemStoreError('ABORTED', 'The command was cancelled.', { cause: thrown });
  throw thrown;
}
