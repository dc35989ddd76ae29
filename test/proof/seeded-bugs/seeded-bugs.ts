import { DETECTION_BUGS } from './detection-bugs.ts';
import { LOCK_BUGS } from './lock-bugs.ts';
import type { SeededBug } from './seeded-bug.ts';
import { TRANSACTION_BUGS } from './transaction-bugs.ts';
import { VERSION_BUGS } from './version-bugs.ts';

/** Classic bugs of lock managers and of transactions, each as an edit of the real sources. */
export const SEEDED_BUGS: readonly SeededBug[] = [
  ...DETECTION_BUGS,
  ...LOCK_BUGS,
  ...TRANSACTION_BUGS,
  ...VERSION_BUGS,
];
