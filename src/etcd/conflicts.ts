import { MemStoreError } from '../contract/errors.ts';

/** Returns the error for a commit after another transaction changed an entry that this one has read. */
export function conflict(): MemStoreError {
  return new MemStoreError(
    'CONFLICT',
    'Another transaction changed an entry that this one has read. Run it again.',
  );
}

/** Returns the error for a process whose lease has ended, so that its row locks were lost. */
export function leaseLost(cause: unknown): MemStoreError {
  return new MemStoreError(
    'CONFLICT',
    'The lease of this process has ended, so its row locks were lost. Run it again.',
    { cause },
  );
}
