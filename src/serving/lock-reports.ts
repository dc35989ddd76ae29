import type { DirectStore } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import { type LockReport, type LockRow, reportOf } from '../contract/lock-report.ts';
import { LockSummarizer, type LockSummary } from '../contract/lock-summary.ts';
import { replyTooLarge } from '../protocol/reply-too-large.ts';
import type { ScannedRow } from './cursor.ts';
import type { SessionHost } from './session-host.ts';

/** The number of rows to read before other clients are served. Reading them takes one or two milliseconds. */
const ROWS_PER_TURN = 2_048;
/** The maximum number of locks in one reply. Writing more would block the event loop. */
const MAX_IN_ONE_REPLY = 65_536;
/** The approximate size of a row without its key. */
const ROW_BYTES = 64;

/** Yields the locks one by one, and lets other clients be served after each batch. */
async function* lockRows(store: DirectStore, host: SessionHost): AsyncGenerator<LockRow, void> {
  let rows = 0;
  for (const row of await store.lockRows()) {
    yield row;
    if (++rows % ROWS_PER_TURN === 0) await host.yieldTurn();
  }
}

/** Yields the locks as rows of a scan. The key is `held` or `waiting`, the value is the lock. */
export async function* scannedLocks(
  store: DirectStore,
  host: SessionHost,
): AsyncGenerator<ScannedRow, undefined> {
  for await (const [key, value] of lockRows(store, host)) yield { key, value };
}

/**
 * Returns all held and waiting locks.
 * @throws {MemStoreError} LIMIT_EXCEEDED if there are too many for one reply; UNKNOWN_COMMAND
 */
export function lockReport(store: DirectStore, host: SessionHost): Promise<LockReport> {
  return reportOf(boundedRows(store, host));
}

/** Yields the locks, and throws if there are too many locks for one reply. */
async function* boundedRows(store: DirectStore, host: SessionHost): AsyncGenerator<LockRow, void> {
  const { maxReplyBytes } = host.limits;
  let count = 0;
  let bytes = 0;
  for await (const row of lockRows(store, host)) {
    const [, { key, range }] = row;
    bytes += ROW_BYTES + (key ?? range.from).length;
    if (bytes > maxReplyBytes) throw replyTooLarge(maxReplyBytes);
    if (++count > MAX_IN_ONE_REPLY)
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `There are more than ${MAX_IN_ONE_REPLY} locks, too many for one reply: ` +
          'send LOCKS SUMMARY, or read them in pages with LOCKS CREDIT n.',
      );
    yield row;
  }
}

/**
 * Returns a summary of the locks, whose size does not depend on their number.
 * @throws {MemStoreError} UNKNOWN_COMMAND
 */
export async function lockSummary(store: DirectStore, host: SessionHost): Promise<LockSummary> {
  const summarizer = new LockSummarizer();
  for await (const row of lockRows(store, host)) summarizer.add(row);
  return summarizer.summary(store.longestWaitMs());
}
