import type { EntryIterator } from '../../contract/entry-iterator.ts';
import { type KeyRange, keyAfter, toKeyRange } from '../../contract/key-range.ts';
import type { RangeOptions } from '../../contract/options.ts';
import type { HistoryLog, TransactionRecord } from './history-log.ts';

/** The stored form of a value: the value of the application and its version number. */
export interface RecordedValue {
  /** The value of the application. */
  readonly value: unknown;
  /** The number of the write, which is unique in the history. */
  readonly version: number;
}

/** Records a read of a transaction or of a one-shot operation, and returns the unwrapped value. */
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

/**
 * Records reads of several keys. Passes a copy of the list to `read`, so that later changes have no effect.
 */
export async function recordReads(
  record: TransactionRecord,
  keys: readonly string[],
  read: (keys: readonly string[]) => Promise<readonly (RecordedValue | undefined)[]>,
): Promise<unknown[]> {
  // If `keys` is not an array, the store rejects it.
  const wanted = Array.isArray(keys) ? [...keys] : keys;
  const reading = read(wanted);
  const fills = Array.from(wanted, (key) => ({ key, fill: record.reserve() }));
  const found = await reading;
  for (const [place, { key, fill }] of fills.entries())
    fill({ type: 'read', key, value: found[place]?.version });
  return found.map((each) => each?.value);
}

/** Records writes after they have succeeded. Calls `write` with the wrapped values. */
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
    // The outcome of the commit is unknown, so the record must contain the writes that may have happened.
    if (record.isUnknown) fillAll();
    throw error;
  }
}

/** Records a delete, or a read of `undefined` if the key was absent. */
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
 * Copies the options of a scan, so that the record has the requested range. Keeps unknown options, so that
 * the store rejects them.
 */
export function readRange(options: RangeOptions): RangeOptions {
  const { gt, gte, lt, lte, prefix, reverse, limit, forUpdate, skipLocked, signal, lockTimeout, ...unknown } =
    options;
  const bounds = { gt, gte, lt, lte, prefix };
  return { ...unknown, ...bounds, reverse, limit, forUpdate, skipLocked, signal, lockTimeout };
}

/** Adds `toArray()` to the iterator of a scan. */
export function withToArray<Row>(scan: AsyncGenerator<Row>): EntryIterator<Row> {
  const toArray = async (): Promise<Row[]> => {
    const rows: Row[] = [];
    for await (const row of scan) rows.push(row);
    return rows;
  };
  return Object.assign(scan, { toArray });
}

/** Records a scan up to the point where it stops, and yields unwrapped values. */
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
    // With `skipLocked`, a key that the scan does not yield may still be present.
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

/** Returns the part of the range that a scan has read if it stopped after the key `last`. */
function rangeUpTo(bounds: RangeOptions, last: string): KeyRange {
  const { from, to } = toKeyRange(bounds);
  return bounds.reverse === true ? { from: last, to } : { from, to: keyAfter(last) };
}
