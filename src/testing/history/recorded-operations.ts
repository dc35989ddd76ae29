import { type KeyRange, keyAfter, toKeyRange } from '../../contract/key-range.ts';
import type { RangeOptions } from '../../contract/options.ts';
import type { HistoryLog, TransactionRecord } from './history-log.ts';

/** The value that a recorded store has under a key: the value of the application, and its version number. */
export interface RecordedValue {
  /** The value of the application. */
  readonly value: unknown;
  /** The number of the write, unique in the history. */
  readonly version: number;
}

/** Notes the reads of one transaction, or of a one-shot operation, and unwraps their values. */
export async function recordRead(
  record: TransactionRecord,
  key: string,
  reading: Promise<RecordedValue | undefined>,
): Promise<unknown> {
  const fill = record.reserve();
  const found = await reading;
  fill({ type: 'read', key, value: found?.version });
  return found?.value;
}

/** Notes the reads of several keys. `read` gets a copy of the list, so that later changes have no effect. */
export async function recordReads(
  record: TransactionRecord,
  keys: readonly string[],
  read: (keys: readonly string[]) => Promise<readonly (RecordedValue | undefined)[]>,
): Promise<unknown[]> {
  // The store refuses what is not an array.
  const wanted = Array.isArray(keys) ? [...keys] : keys;
  const reading = read(wanted);
  const fills = Array.from(wanted, (key) => ({ key, fill: record.reserve() }));
  const found = await reading;
  for (const [place, { key, fill }] of fills.entries())
    fill({ type: 'read', key, value: found[place]?.version });
  return found.map((each) => each?.value);
}

/** Notes writes when they have succeeded; `write` is called with the values to store. */
export async function recordWrites(
  log: HistoryLog,
  record: TransactionRecord,
  entries: Iterable<readonly [key: string, value: unknown]>,
  write: (stored: readonly (readonly [key: string, value: RecordedValue])[]) => Promise<void>,
): Promise<void> {
  const stored = [...entries].map(([key, value]) => [key, { value, version: log.newVersion() }] as const);
  const fills = stored.map(() => record.reserve());
  const fillAll = (): void => {
    stored.forEach(([key, { version }], place) => {
      fills[place]?.({ type: 'write', key, value: version });
    });
  };
  try {
    await write(stored);
    fillAll();
  } catch (error) {
    record.fail(error);
    // The record is of unknown status then, and what it may have written belongs to it.
    if (record.isUnknown) fillAll();
    throw error;
  }
}

/** Notes a delete, or that there was nothing to delete. */
export async function recordDelete(
  record: TransactionRecord,
  key: string,
  deleting: Promise<boolean>,
): Promise<boolean> {
  const fill = record.reserve();
  try {
    const wasThere = await deleting;
    fill(wasThere ? { type: 'delete', key } : { type: 'read', key, value: undefined });
    return wasThere;
  } catch (error) {
    record.fail(error);
    if (record.isUnknown) fill({ type: 'delete', key });
    throw error;
  }
}

/**
 * Copies the options of a scan, so that the record shows the range that was asked for. An unknown option
 * stays, so that the store refuses it.
 */
export function readRange(options: RangeOptions): RangeOptions {
  const { gt, gte, lt, lte, prefix, reverse, limit, forUpdate, skipLocked, signal, lockTimeout, ...unknown } =
    options;
  const bounds = { gt, gte, lt, lte, prefix };
  return { ...unknown, ...bounds, reverse, limit, forUpdate, skipLocked, signal, lockTimeout };
}

/** Notes a scan, as far as it went, and unwraps the values it yields. */
export async function* recordScan(
  record: TransactionRecord,
  bounds: RangeOptions,
  scanning: AsyncIterable<readonly [key: string, value: RecordedValue]>,
): AsyncGenerator<[key: string, value: unknown]> {
  const fill = record.reserve();
  const entries: (readonly [key: string, version: number])[] = [];
  let isComplete = false;
  try {
    for await (const [key, { value, version }] of scanning) {
      entries.push([key, version]);
      yield [key, value];
    }
    isComplete = entries.length !== bounds.limit;
  } finally {
    const last = entries.at(-1)?.[0];
    const reverse = bounds.reverse === true;
    // With skipLocked the scan promises nothing about what it does not yield.
    if (bounds.skipLocked === true) fillReads(record, entries);
    else if (isComplete) fill({ type: 'scan', range: toKeyRange(bounds), entries, reverse });
    else if (last !== undefined) fill({ type: 'scan', range: rangeUpTo(bounds, last), entries, reverse });
  }
}

function fillReads(
  record: TransactionRecord,
  entries: readonly (readonly [key: string, version: number])[],
): void {
  for (const [key, value] of entries) record.reserve()({ type: 'read', key, value });
}

/** The part of the range that a scan has read when it stopped at a key. */
function rangeUpTo(bounds: RangeOptions, last: string): KeyRange {
  const { from, to } = toKeyRange(bounds);
  return bounds.reverse === true ? { from: last, to } : { from, to: keyAfter(last) };
}
