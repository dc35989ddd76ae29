import { MemStoreError } from '../contract/errors.ts';

/** Something that the transaction has read was changed by another one before it could commit. */
export function conflict(): MemStoreError {
  return new MemStoreError('CONFLICT', 'Something that the transaction has read was changed by another one.');
}

/** The cluster heard nothing of this process for too long, and gave its locks to others. */
export function leaseLost(cause: unknown): MemStoreError {
  return new MemStoreError(
    'CONFLICT',
    'The lease of this process ended in the cluster, and its row locks with it.',
    { cause },
  );
}
