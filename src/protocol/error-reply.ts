import { type ErrorCode, isErrorCode, MemStoreError } from '../contract/errors.ts';
import type { CycleStep } from '../contract/lock-report.ts';
import type { Reply } from './reply.ts';

/** An error on the wire to our own client: all that a caller can see of it. */
interface ErrorDetails {
  readonly message: string;
  readonly transactionId?: number;
  readonly cycle?: readonly CycleStep[];
  /** True when the transaction that the command belongs to has ended. */
  readonly ended?: true;
}

/** An error reply, as a client sees it. */
export interface ErrorReply {
  readonly error: MemStoreError;
  readonly ended: boolean;
}

/** Returns the text of a RESP error, without its `-`, for tagged requests: code, space, JSON on one line. */
export function errorText({ code, message, transactionId, cycle }: MemStoreError, ended: boolean): string {
  const details: ErrorDetails = {
    message,
    ...(transactionId === undefined ? {} : { transactionId }),
    ...(cycle === undefined ? {} : { cycle }),
    ...(ended ? { ended } : {}),
  };
  return `${code} ${JSON.stringify(details)}`;
}

/** Returns the text of a RESP error, without its `-`, for clients that show it to people. */
export function plainErrorText({ code, message }: MemStoreError): string {
  return `${code} ${message.replace(/[\r\n]+/g, ' ')}`;
}

/**
 * Parses an error text, which has details or is only a message.
 * @throws {MemStoreError} PROTOCOL for a code that does not exist
 */
export function parseErrorText(text: string): ErrorReply {
  const space = text.indexOf(' ');
  const code = space < 0 ? text : text.slice(0, space);
  const rest = space < 0 ? '' : text.slice(space + 1);
  if (!isErrorCode(code)) throw new MemStoreError('PROTOCOL', `The server sent an unknown error: ${text}`);
  if (!rest.startsWith('{')) return { error: new MemStoreError(code, rest), ended: false };
  const { message, transactionId, cycle, ended } = parseDetails(code, rest);
  return {
    error: new MemStoreError(code, message, {
      ...(transactionId === undefined ? {} : { transactionId }),
      ...(cycle === undefined ? {} : { cycle }),
    }),
    ended: ended === true,
  };
}

function parseDetails(code: ErrorCode, json: string): ErrorDetails {
  try {
    return JSON.parse(json) as ErrorDetails;
  } catch (cause) {
    throw new MemStoreError('PROTOCOL', `The details of an error ${code} are not JSON.`, { cause });
  }
}

/** Returns the reply for an error. */
export function errorReply(thrown: unknown, ended = false): Extract<Reply, { readonly kind: 'error' }> {
  return { kind: 'error', error: toMemStoreError(thrown), ended };
}

/** Returns an error with a code. An error without one is a fault of the server: only its message is shown. */
export function toMemStoreError(thrown: unknown): MemStoreError {
  if (thrown instanceof MemStoreError) return thrown;
  if (thrown instanceof AggregateError && thrown.errors[0] instanceof MemStoreError) {
    const { code } = thrown.errors[0];
    const messages = thrown.errors.map((error) => (error instanceof Error ? error.message : String(error)));
    return new MemStoreError(code, `${thrown.message} ${messages.join(' ')}`, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new MemStoreError('TRANSACTION_ABORTED', `The server failed: ${message}`, { cause: thrown });
}
