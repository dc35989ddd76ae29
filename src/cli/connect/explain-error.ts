import type { ErrorCode, MemStoreError } from '../../index.ts';
import { visibleText } from '../cut-text.ts';
import { cycleLines } from '../lock-text.ts';
import { wrapText } from '../wrap-text.ts';
import type { Look } from './pretty-answer.ts';

/** Advice for errors that a user can act on. */
const ADVICE: Partial<Readonly<Record<ErrorCode, string>>> = {
  DEADLOCK: 'Send ROLLBACK, then repeat the transaction.',
  LOCK_TIMEOUT: 'LOCKS shows the holder. The transaction is still open: retry the command, or send ROLLBACK.',
  LOCK_UNAVAILABLE: 'LOCKS shows the holder.',
  SNAPSHOT_TOO_OLD: 'Send ROLLBACK, then BEGIN READONLY for a new snapshot.',
  TRANSACTION_ABORTED: 'Send ROLLBACK to leave the transaction.',
  TRANSACTION_EXPIRED:
    'Send ROLLBACK. The server rolls back transactions that are idle for too long (serve --idle-timeout).',
  READ_ONLY: 'BEGIN without READONLY opens a transaction that can write.',
  CONNECTION_LOST: 'The open transactions were rolled back. The next command reconnects.',
  COMMIT_UNKNOWN: 'Check whether the data was written before you write again.',
  UNKNOWN_TRANSACTION: 'BEGIN opens a transaction.',
};

/** Returns an error as text: its code and message, then the deadlock and the advice, if any. */
export function explainError({ code, message, cycle }: MemStoreError, { colors, width }: Look): string {
  const advice = ADVICE[code];
  return [
    wrapText(`${code} ${visibleText(message)}`, width).replace(code, colors.red(code)),
    ...(cycle === undefined ? [] : cycleLines(cycle).map((line) => `  ${line}`)),
    ...(advice === undefined ? [] : [colors.dim(wrapText(advice, width))]),
  ].join('\n');
}
