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

/** What the cluster says in words, and what it means here. */
const CODE_BY_TEXT: readonly (readonly [text: string, code: ErrorCode])[] = [
  [OUT_OF_SPACE, 'LIMIT_EXCEEDED'],
  ['request is too large', 'LIMIT_EXCEEDED'],
  ['too many operations', 'LIMIT_EXCEEDED'],
  ['trying to send message larger than max', 'LIMIT_EXCEEDED'],
  ['revision has been compacted', 'SNAPSHOT_TOO_OLD'],
  ['user name is empty', 'AUTH_REQUIRED'],
  ['invalid auth token', 'AUTH_FAILED'],
];

/** Said while the cluster chooses a leader, or is too busy. */
const TRANSIENT = [
  'leader changed',
  'no leader',
  'not leader',
  'request timed out',
  'too many requests',
  'stopped',
];

/** Whether the same request may get through in a moment, at this node or another. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || codeOf(error) !== undefined) return false;
  if (TRANSIENT.some((text) => error.message.includes(text))) return true;
  return isRecoverableError(error) || error instanceof NodeAvoided;
}

/** Whether the cluster knows the lease no more that something was to be put under. */
export function isLeaseLost(error: unknown): boolean {
  return error instanceof MemStoreError && error.cause instanceof EtcdLeaseInvalidError;
}

/**
 * Whether the cluster said that it has no room left. It may have done what was asked all the same: see
 * `commit`.
 */
export function isOutOfSpace(error: unknown): boolean {
  return (
    error instanceof MemStoreError &&
    error.cause instanceof Error &&
    error.cause.message.includes(OUT_OF_SPACE)
  );
}

/**
 * The error for the caller.
 * @param detail what there is to say besides
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
