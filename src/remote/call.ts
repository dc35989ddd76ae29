import type { WaitOptions } from '../contract/options.ts';
import { abortedBy } from '../lifecycle/cancellation.ts';
import type { ErrorReply } from '../protocol/error-reply.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { RequestHead, Word } from '../protocol/request-writer.ts';
import type { Link, LossCode } from './link.ts';

/**
 * Sends a command, prefixed with `LOCKTIMEOUT` and `CANCELLABLE` if its options need them. The promise
 * rejects with an `ErrorReply`.
 */
export function call(
  link: Link,
  words: readonly Word[],
  options: WaitOptions | undefined,
  lost: LossCode = 'CONNECTION_LOST',
  head?: RequestHead,
): Promise<RawReply> {
  if (options === undefined) return link.request(words, lost, head);
  const { signal, lockTimeout } = options;
  const prefixed = lockTimeout === undefined ? words : ['LOCKTIMEOUT', lockTimeout, ...words];
  if (signal === undefined) return link.request(prefixed, lost, head);
  return callUnlessAborted(link, ['CANCELLABLE', ...prefixed], signal, lost, head);
}

/** Sends a request, and tells the server to cancel it when the signal is aborted. */
async function callUnlessAborted(
  link: Link,
  words: readonly Word[],
  signal: AbortSignal,
  lost: LossCode,
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
    throw { error: abortedBy(signal), ended };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Returns the error to throw to the caller of a rejected request. */
export function errorOf(thrown: unknown): unknown {
  return isErrorReply(thrown) ? thrown.error : thrown;
}

/** Returns whether a request was rejected with an `ErrorReply` and not with an error from this process. */
export function isErrorReply(thrown: unknown): thrown is ErrorReply {
  return typeof thrown === 'object' && thrown !== null && 'ended' in thrown;
}
