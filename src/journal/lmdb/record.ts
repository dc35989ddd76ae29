import { crc32 } from 'node:zlib';
import { messagePackCodec } from '../../codecs/message-pack-codec.ts';
import { nodeFormat } from '../../codecs/node-format.ts';
import type { JournalEntry, JournalWrite } from '../journal.ts';
import { isShortened, keyBytes, keyOf } from './key-bytes.ts';

/**
 * One record in LMDB, or a record to delete if it has no value. The value consists of these parts:
 *
 * | bytes | what |
 * | --- | --- |
 * | 4 | CRC-32 of the key's bytes and of everything that follows |
 * | 1 | flags: 1 if the entry expires, 2 if the LMDB key contains only the start of the key |
 * | 8 | with flag 1: the expiry time, in milliseconds since the epoch (a double) |
 * | 4 + n | with flag 2: the length of the key and the key, as UTF-8 |
 * | the rest | the value, as MessagePack or, after a byte 0xc1, as V8 serializes it |
 *
 * Numbers are little-endian. LMDB has no checksums of its own.
 */
export interface DiskRecord {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

const EXPIRES = 1;
const LONG_KEY = 2;
const CHECKSUM_LENGTH = 4;
const HEAD_LENGTH = CHECKSUM_LENGTH + 1;

const codec = messagePackCodec(nodeFormat);

/**
 * Encodes a write as a record.
 * @throws {MemStoreError} INVALID_VALUE if the value cannot be encoded
 */
export function toRecord(write: JournalWrite): DiskRecord {
  const key = keyBytes(write.key);
  if (write.deleted) return { key, value: undefined };
  const longKey = isShortened(key) ? Buffer.from(write.key, 'utf8') : undefined;
  const encoded = codec.encode(write.value);
  const payload = typeof encoded === 'string' ? Buffer.from(encoded, 'utf8') : encoded;
  const { expiresAtMs } = write;
  const length =
    HEAD_LENGTH + (expiresAtMs === undefined ? 0 : 8) + (longKey === undefined ? 0 : 4 + longKey.length);
  const value = Buffer.allocUnsafe(length + payload.length);
  let at = value.writeUInt8(
    (expiresAtMs === undefined ? 0 : EXPIRES) | (longKey === undefined ? 0 : LONG_KEY),
    CHECKSUM_LENGTH,
  );
  if (expiresAtMs !== undefined) at = value.writeDoubleLE(expiresAtMs, at);
  if (longKey !== undefined) {
    at = value.writeUInt32LE(longKey.length, at);
    at += longKey.copy(value, at);
  }
  value.set(payload, at);
  value.writeUInt32LE(checksum(key, value), 0);
  return { key, value };
}

/** The error for a record that cannot be decoded. Its bytes stay in the file. */
export class UnreadableRecord extends Error {}

/**
 * Decodes an entry from its record.
 * @throws {UnreadableRecord}
 */
export function fromRecord(key: Buffer, value: Buffer): JournalEntry {
  if (value.length < HEAD_LENGTH || value.readUInt32LE(0) !== checksum(key, value))
    throw new UnreadableRecord('its checksum is wrong');
  try {
    const flags = value.readUInt8(CHECKSUM_LENGTH);
    let at = HEAD_LENGTH;
    let expiresAtMs: number | undefined;
    if (flags & EXPIRES) {
      expiresAtMs = value.readDoubleLE(at);
      at += 8;
    }
    let name: string;
    if (flags & LONG_KEY) {
      const length = value.readUInt32LE(at);
      at += 4;
      name = value.toString('utf8', at, at + length);
      at += length;
    } else {
      name = keyOf(key);
    }
    return { key: name, value: codec.decode(value.subarray(at)), expiresAtMs };
  } catch (cause) {
    // The codec wraps the error of the decoder, which has more details.
    const why = String((cause as Error).cause ?? cause);
    throw new UnreadableRecord(`this version of Node cannot read its value (${why})`, { cause });
  }
}

/**
 * Returns the key of a record, even if its value cannot be read. If the record of a long key is damaged,
 * returns only the start of the key.
 */
export function keyOfRecord(key: Buffer, value: Buffer): string {
  if (isShortened(key) && value.length >= HEAD_LENGTH) {
    const at = HEAD_LENGTH + ((value.readUInt8(CHECKSUM_LENGTH) & EXPIRES) === 0 ? 0 : 8);
    const end = value.length >= at + 4 ? at + 4 + value.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    const name = end <= value.length ? value.toString('utf8', at + 4, end) : '';
    if (keyBytes(name).equals(key)) return name;
  }
  return keyOf(key);
}

function checksum(key: Buffer, value: Buffer): number {
  return crc32(value.subarray(CHECKSUM_LENGTH), crc32(key));
}
