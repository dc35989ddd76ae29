import type { ErrorCode, MemStoreError } from '../../index.ts';
import { visibleText } from '../cut-text.ts';
import { cycleLines } from '../lock-text.ts';
import { wrapText } from '../wrap-text.ts';
import type { Look } from './pretty-answer.ts';

/** Advice for the errors that a user can act on. */
const ADVICE: Partial<Readonly<Record<ErrorCode, string>>> = {
  DEADLOCK: 'ROLLBACK leaves it; then try the same again.',
  LOCK_TIMEOUT: 'LOCKS shows who holds it. The transaction goes on: try again, or ROLLBACK.',
  LOCK_UNAVAILABLE: 'LOCKS shows who holds it.',
  SNAPSHOT_TOO_OLD: 'ROLLBACK leaves it; then BEGIN READONLY opens a fresh one.',
  TRANSACTION_ABORTED: 'ROLLBACK leaves it.',
  TRANSACTION_EXPIRED:
    'ROLLBACK leaves it. The server gives transactions that nobody touches up (serve --idle-timeout).',
  READ_ONLY: 'BEGIN without READONLY opens a transaction that may write.',
  CONNECTION_LOST: 'The open transactions are gone with it. The next command tries to connect again.',
  COMMIT_UNKNOWN: 'Look at the data before you write again.',
  UNKNOWN_TRANSACTION: 'BEGIN opens one.',
};

/** Returns an error as text: its code, its message, the deadlock and the advice, if any. */
export function explainError({ code, message, cycle }: MemStoreError, { colors, width }: Look): string {
  const advice = ADVICE[code];
  return [
    wrapText(`${code} ${visibleText(message)}`, width).replace(code, colors.red(code)),
    ...(cycle === undefined ? [] : cycleLines(cycle).map((line) => `  ${line}`)),
    ...(advice === undefined ? [] : [colors.dim(wrapText(advice, width))]),
  ].join('\n');
}
