import {
  EtcdAuthenticationFailedError,
  EtcdLeaseInvalidError,
  EtcdPermissionDeniedError,
  GRPCUnauthenticatedError,
  isRecoverableError,
} from 'etcd3';
import { type ErrorCode, MemStoreError } from '../contract/errors.ts';
import { NodeAvoided } from './node-guard.ts';

const OUT_OF_SPACE = 'database space exceeded';

/** Texts in the errors of the cluster, and their error codes. */
const CODE_BY_TEXT: readonly (readonly [text: string, code: ErrorCode])[] = [
  [OUT_OF_SPACE, 'LIMIT_EXCEEDED'],
  ['request is too large', 'LIMIT_EXCEEDED'],
  ['too many operations', 'LIMIT_EXCEEDED'],
  ['trying to send message larger than max', 'LIMIT_EXCEEDED'],
  ['revision has been compacted', 'SNAPSHOT_TOO_OLD'],
  ['user name is empty', 'AUTH_REQUIRED'],
  ['invalid auth token', 'AUTH_FAILED'],
  // A watch that is refused has only this text.
  ['permission denied', 'AUTH_FAILED'],
];

/** Texts in errors that are temporary, for example while the cluster elects a leader or is overloaded. */
const TRANSIENT = [
  'leader changed',
  'no leader',
  'not leader',
  'request timed out',
  'too many requests',
  'stopped',
];

/** Returns whether the same request may succeed soon, at this node or at another one. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || codeOf(error) !== undefined) return false;
  if (TRANSIENT.some((text) => error.message.includes(text))) return true;
  return isRecoverableError(error) || error instanceof NodeAvoided;
}

/** Returns whether a write failed because its lease no longer exists. */
export function isLeaseLost(error: unknown): boolean {
  return error instanceof MemStoreError && error.cause instanceof EtcdLeaseInvalidError;
}

/**
 * Returns whether the cluster reported that it has no space left. It may have performed the request anyway:
 * see `commit`.
 */
export function isOutOfSpace(error: unknown): boolean {
  return (
    error instanceof MemStoreError &&
    error.cause instanceof Error &&
    error.cause.message.includes(OUT_OF_SPACE)
  );
}

/**
 * Converts an error of the client library to the error for the caller.
 * @param detail text to add to the message
 */
export function toMemStoreError(error: unknown, detail?: string): unknown {
  if (!(error instanceof Error) || error instanceof MemStoreError) return error;
  const code = codeOf(error) ?? 'CONNECTION_LOST';
  const message =
    code === 'CONNECTION_LOST'
      ? `The cluster did not answer: ${error.message}`
      : `The cluster refused: ${error.message}${detail === undefined ? '' : ` (${detail})`}`;
  return new MemStoreError(code, message, { cause: error });
}

function codeOf(error: Error): ErrorCode | undefined {
  if (error instanceof EtcdAuthenticationFailedError || error instanceof EtcdPermissionDeniedError)
    return 'AUTH_FAILED';
  if (error instanceof GRPCUnauthenticatedError) return 'AUTH_REQUIRED';
  return CODE_BY_TEXT.find(([text]) => error.message.includes(text))?.[1];
}
