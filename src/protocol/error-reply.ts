import { type ErrorCode, isErrorCode, MemStoreError } from '../contract/errors.ts';
import type { CycleStep } from '../contract/lock-report.ts';
import type { Reply } from './reply.ts';

/** The details of an error that are sent to this package's own client. */
interface ErrorDetails {
  readonly message: string;
  readonly transactionId?: number;
  readonly cycle?: readonly CycleStep[];
  /** Set if the transaction of the command has ended. */
  readonly ended?: true;
}

/** An error from the server, and whether it ended the transaction. */
export interface ErrorReply {
  readonly error: MemStoreError;
  readonly ended: boolean;
}

/** Returns the text of a RESP error for a tagged request, without the `-`: the code, a space and JSON. */
export function errorText({ code, message, transactionId, cycle }: MemStoreError, ended: boolean): string {
  const details: ErrorDetails = {
    message,
    ...(transactionId === undefined ? {} : { transactionId }),
    ...(cycle === undefined ? {} : { cycle }),
    ...(ended ? { ended } : {}),
  };
  return `${code} ${JSON.stringify(details)}`;
}

/** Returns the text of a RESP error for an untagged request, without the `-`: the code and the message. */
export function plainErrorText({ code, message }: MemStoreError): string {
  return `${code} ${message.replace(/[\r\n]+/g, ' ')}`;
}

/**
 * Parses an error text with JSON details or with only a message.
 * @throws {MemStoreError} PROTOCOL for an unknown code
 */
export function parseErrorText(text: string): ErrorReply {
  const space = text.indexOf(' ');
  const code = space < 0 ? text : text.slice(0, space);
  const rest = space < 0 ? '' : text.slice(space + 1);
  if (!isErrorCode(code))
    throw new MemStoreError('PROTOCOL', `The server sent an error with an unknown code: ${text}`);
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
    throw new MemStoreError(
      'PROTOCOL',
      `The server sent an error ${code} whose details are not valid JSON.`,
      { cause },
    );
  }
}

/** Returns the reply for an error. */
export function errorReply(thrown: unknown, ended = false): Extract<Reply, { readonly kind: 'error' }> {
  return { kind: 'error', error: toMemStoreError(thrown), ended };
}

/**
 * Converts any thrown value to a `MemStoreError`. An error without a code is a fault of the server and
 * becomes TRANSACTION_ABORTED with its message.
 */
export function toMemStoreError(thrown: unknown): MemStoreError {
  if (thrown instanceof MemStoreError) return thrown;
  if (thrown instanceof AggregateError && thrown.errors[0] instanceof MemStoreError) {
    const { code } = thrown.errors[0];
    const messages = thrown.errors.map((error) => (error instanceof Error ? error.message : String(error)));
    return new MemStoreError(code, `${thrown.message} ${messages.join(' ')}`, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new MemStoreError('TRANSACTION_ABORTED', `The server failed unexpectedly: ${message}`, {
    cause: thrown,
  });
}
