import { MemStoreError } from '../../contract/errors.ts';
import type { PutOptions, UpdateOptions, WaitOptions } from '../../contract/options.ts';
import type { Updates } from '../../contract/updates.ts';
import type { HistoryLog, TransactionRecord } from './history-log.ts';
import type { RecordedValue } from './recorded-operations.ts';

/** The store or transaction whose operations are recorded. */
type Inner = Updates<Record<string, RecordedValue>>;

/** Records the read and the write of an `update`, and returns the unwrapped result. */
export async function recordUpdate(
  log: HistoryLog,
  record: TransactionRecord,
  inner: Inner,
  key: string,
  change: (value: unknown) => unknown,
  options?: UpdateOptions,
): Promise<unknown> {
  const fills = [record.reserve(), record.reserve()] as const;
  let before: RecordedValue | undefined;
  let after: RecordedValue | undefined;
  const note = (value: unknown): RecordedValue | undefined => {
    after = value === undefined ? undefined : { value, version: log.newVersion() };
    return after;
  };
  const fillAll = (): void => {
    fills[0]({ type: 'read', key, value: before?.version });
    if (after !== undefined) fills[1]({ type: 'write', key, value: after.version });
    else if (before !== undefined) fills[1]({ type: 'delete', key });
  };
  try {
    const updated = await inner.update(
      key,
      (found) => {
        before = found;
        const changed = change(found?.value);
        return changed instanceof Promise ? changed.then(note) : note(changed);
      },
      options,
    );
    fillAll();
    return updated?.value;
  } catch (error) {
    record.fail(error);
    if (record.isUnknown) fillAll();
    throw error;
  }
}

/**
 * Records a `putIfAbsent` that put its value. If the call did not put, its result does not show which version
 * it found, so nothing is recorded.
 */
export async function recordPutIfAbsent(
  log: HistoryLog,
  record: TransactionRecord,
  inner: Inner,
  key: string,
  value: unknown,
  options?: PutOptions,
): Promise<boolean> {
  const [fillRead, fillWrite] = [record.reserve(), record.reserve()];
  const version = log.newVersion();
  const fillAll = (): void => {
    fillRead({ type: 'read', key, value: undefined });
    fillWrite({ type: 'write', key, value: version });
  };
  try {
    const isPut = await inner.putIfAbsent(key, { value, version }, options);
    if (isPut) fillAll();
    return isPut;
  } catch (error) {
    record.fail(error);
    if (record.isUnknown) fillAll();
    throw error;
  }
}

/** What `increment` and `take` need: both are recorded as an `update`. */
interface Updating {
  update(key: string, change: (value: unknown) => unknown, options?: UpdateOptions): Promise<unknown>;
}

/** Increments a number by an `update`, and returns the sum. */
export function incrementByUpdate(
  target: Updating,
  key: string,
  by: number | bigint,
  options?: UpdateOptions,
): Promise<unknown> {
  return target.update(key, (value) => sumOf(value, by), options);
}

/** Deletes a key by an `update`, and returns the value that it had. */
export async function takeByUpdate(target: Updating, key: string, options?: WaitOptions): Promise<unknown> {
  let taken: unknown;
  const take = (value: unknown): undefined => {
    taken = value;
  };
  await target.update(key, take, options);
  return taken;
}

/**
 * Returns the sum of a stored value and the step of an `increment`.
 * @throws {MemStoreError} INVALID_VALUE if the types differ or the sum is not finite
 */
function sumOf(value: unknown, by: number | bigint): number | bigint {
  if (value === undefined) return by;
  const sum = typeof value === typeof by ? Number(value) + Number(by) : Number.NaN;
  if (Number.isFinite(sum)) return typeof by === 'bigint' ? (value as bigint) + by : sum;
  throw new MemStoreError('INVALID_VALUE', `increment cannot add a ${typeof by} to a ${typeof value}.`);
}
