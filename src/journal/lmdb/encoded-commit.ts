import { setImmediate as nextTurn } from 'node:timers/promises';
import { STEPS_PER_LOOK, TURN_MS } from '../../lifecycle/turn-limits.ts';
import type { JournalCommit, JournalWrite } from '../journal.ts';
import { type DiskRecord, toRecord } from './record.ts';

/** A commit with encoded records, so that appending it encodes nothing. */
export class EncodedCommit implements JournalCommit {
  readonly transactionId: number;
  readonly writes: readonly JournalWrite[];
  readonly records: readonly DiskRecord[];

  constructor({ transactionId, writes }: JournalCommit, records: readonly DiskRecord[]) {
    this.transactionId = transactionId;
    this.writes = writes;
    this.records = records;
  }
}

/**
 * Encodes the writes of a commit. Yields to the event loop every few milliseconds.
 * @throws {MemStoreError} as a rejection: INVALID_VALUE if a value cannot be encoded
 */
export async function encodeInTurns(commit: JournalCommit): Promise<EncodedCommit> {
  const records: DiskRecord[] = [];
  let turnBeganMs = performance.now();
  for (const write of commit.writes) {
    records.push(toRecord(write));
    if (records.length % STEPS_PER_LOOK !== 0 || performance.now() - turnBeganMs < TURN_MS) continue;
    await nextTurn();
    turnBeganMs = performance.now();
  }
  return new EncodedCommit(commit, records);
}
