import type { Environment, StoredRecord } from './environment.ts';
import { FIRST_ENTRY } from './key-bytes.ts';
import type { DiskRecord } from './record.ts';

/**
 * The start of the keys of records that were set aside. Such a record moved, byte for byte, to a key below
 * all entries. The key is `FIRST` and a number of 8 bytes. The value is the length of the old key, the old
 * key, and the old value.
 */
const FIRST: Buffer = Buffer.of(0, 1);
const NUMBER_LENGTH = 8;
const LENGTH_LENGTH = 4;

/** A record that was set aside, with the key and the value that it had before. */
export interface SetAsideRecord extends StoredRecord {
  /** The current key of the record. */
  readonly place: Buffer;
}

/** Returns all records that were set aside, the oldest first. */
export function setAsideRecords(environment: Environment): SetAsideRecord[] {
  const batches = [...environment.batches(FIRST, FIRST_ENTRY)];
  return batches.flat().map(({ key: place, value: kept }) => {
    const end = LENGTH_LENGTH + kept.readUInt32LE(0);
    return { place, key: kept.subarray(LENGTH_LENGTH, end), value: kept.subarray(end) };
  });
}

/**
 * Sets records aside in one transaction. Records that were set aside earlier stay.
 * @throws {MemStoreError} as a rejection: JOURNAL_FULL, JOURNAL_FAILED
 */
export async function setAside(environment: Environment, records: readonly StoredRecord[]): Promise<void> {
  const last = setAsideRecords(environment).at(-1)?.place.readBigUInt64BE(FIRST.length) ?? 0n;
  const writes = records.flatMap(({ key, value }, index): DiskRecord[] => [
    { key: placeOf(last + BigInt(index) + 1n), value: kept(key, value) },
    { key, value: undefined },
  ]);
  await environment.write(writes);
}

/**
 * Moves records that were set aside back to their old keys, in one transaction. REQUIRES: no entry has one of
 * these keys.
 * @throws {MemStoreError} as a rejection: JOURNAL_FULL, JOURNAL_FAILED
 */
export async function restore(environment: Environment, records: readonly SetAsideRecord[]): Promise<void> {
  const writes = records.flatMap(({ place, key, value }): DiskRecord[] => [
    { key, value },
    { key: place, value: undefined },
  ]);
  await environment.write(writes);
}

function placeOf(number: bigint): Buffer {
  const place = Buffer.alloc(FIRST.length + NUMBER_LENGTH);
  FIRST.copy(place);
  place.writeBigUInt64BE(number, FIRST.length);
  return place;
}

function kept(key: Buffer, value: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_LENGTH);
  length.writeUInt32LE(key.length);
  return Buffer.concat([length, key, value]);
}
