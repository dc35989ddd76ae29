import type { Link, Lost } from '../client/link.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/store.ts';
import type { ErrorReply } from '../protocol/error-reply.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { RequestHead, Word } from '../protocol/request-writer.ts';

/** Sends a command with the prefixes that its options ask for. The promise rejects with an `ErrorReply`. */
export function call(
  link: Link,
  words: readonly Word[],
  options: WaitOptions | undefined,
  lost: Lost = 'CONNECTION_LOST',
  head?: RequestHead,
): Promise<RawReply> {
  if (options === undefined) return link.request(words, lost, head);
  const { signal, lockTimeout } = options;
  const prefixed = lockTimeout === undefined ? words : ['LOCKTIMEOUT', lockTimeout, ...words];
  if (signal === undefined) return link.request(prefixed, lost, head);
  return callUnlessAborted(link, ['CANCELLABLE', ...prefixed], signal, lost, head);
}

/** Sends a request that the server cancels if the signal is aborted. */
async function callUnlessAborted(
  link: Link,
  words: readonly Word[],
  signal: AbortSignal,
  lost: Lost,
  head: RequestHead | undefined,
): Promise<RawReply> {
  let cancel = (): void => {};
  const reply = link.request(words, lost, head, (tag) => {
    cancel = () => link.cancel(tag);
  });
  const onAbort = (): void => cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await reply;
  } catch (thrown) {
    const { error, ended } = thrown as ErrorReply;
    if (error.code !== 'ABORTED' || !signal.aborted) throw thrown;
    throw { error: new MemStoreError('ABORTED', error.message, { cause: signal.reason }), ended };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** @throws {MemStoreError} ABORTED */
export function refuseIfAborted(options: WaitOptions | undefined): void {
  if (options?.signal?.aborted === true) throw abortedBySignal(options.signal);
}

/** Returns the error for an operation that its signal cancels. */
export function abortedBySignal(signal: AbortSignal): MemStoreError {
  return new MemStoreError('ABORTED', 'The operation was cancelled by its signal.', { cause: signal.reason });
}

/** Returns the error for the caller of a request that was rejected. */
export function errorOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'ended' in thrown
    ? (thrown as ErrorReply).error
    : thrown;
}
