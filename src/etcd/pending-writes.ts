import type { IRequestOp } from 'etcd3';
import { checkPairs, checkStorableKey } from '../arguments/check-keys.ts';
import { finiteTtl } from '../arguments/ttl.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Cluster } from './cluster.ts';
import type { KeySpace } from './key-space.ts';

/** The change of a key at commit: put these bytes, or delete the key. */
export interface PendingWrite {
  readonly value: Buffer | undefined;
  readonly ttlMs: number | undefined;
  /** The lease of the entry, which the write keeps, and with it the deadline. */
  readonly lease?: string | undefined;
}

export type PendingWrites = ReadonlyMap<string, PendingWrite>;

/** The part of the store that the encoding of writes uses. */
interface WriteHost {
  readonly codec: ValueCodec;
  readonly options: { readonly maxTransactionOperations: number };
}

/**
 * Checks the entries and encodes their current values.
 * @throws {MemStoreError} INVALID_OPTION, INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED
 */
export function toWrites(
  { codec, options }: WriteHost,
  entries: unknown,
  ttlMs: number | undefined,
): Map<string, PendingWrite> {
  const writes = new Map<string, PendingWrite>();
  const limited = finiteTtl(ttlMs);
  for (const [key, value] of checkPairs(entries)) {
    checkStorableKey(key);
    writes.set(key, { value: Buffer.from(codec.encode(value)), ttlMs: limited });
    // Check inside the loop, so that an endless iterable fails.
    checkWriteCount(writes, options.maxTransactionOperations);
  }
  return writes;
}

/** Grants a lease for each distinct TTL of the writes. Returns the leases by their length in seconds. */
export async function grantLeases(cluster: Cluster, writes: PendingWrites): Promise<Map<number, string>> {
  const leases = new Map<number, string>();
  try {
    for (const { ttlMs } of writes.values()) {
      if (ttlMs === undefined) continue;
      const seconds = secondsOf(ttlMs);
      if (!leases.has(seconds)) leases.set(seconds, await cluster.grantLease(seconds));
    }
  } catch (error) {
    await revokeLeases(cluster, leases);
    throw error;
  }
  return leases;
}

/** Ends leases that no entry uses. */
export async function revokeLeases(cluster: Cluster, leases: ReadonlyMap<number, string>): Promise<void> {
  await Promise.all(Array.from(leases.values(), (lease) => cluster.revokeLease(lease)));
}

/**
 * Converts a TTL to the length of a lease in whole seconds. The longest lease that etcd grants is
 * `MAX_TTL_MS`.
 */
function secondsOf(ttlMs: number): number {
  return Math.ceil(ttlMs / 1_000);
}

export function toOperations(
  keys: KeySpace,
  writes: PendingWrites,
  leases: ReadonlyMap<number, string>,
): IRequestOp[] {
  return Array.from(writes, ([key, { value, ttlMs, lease: kept }]): IRequestOp => {
    const entry = keys.entry(key);
    if (value === undefined) return { request_delete_range: { key: entry } };
    const lease = ttlMs === undefined ? kept : leases.get(secondsOf(ttlMs));
    return { request_put: { key: entry, value, ...(lease === undefined ? {} : { lease }) } };
  });
}

/** @throws {MemStoreError} LIMIT_EXCEEDED */
export function checkWriteCount(writes: PendingWrites, maxOperations: number): void {
  // One of the operations writes the commit slot.
  if (writes.size + 1 <= maxOperations) return;
  throw new MemStoreError(
    'LIMIT_EXCEEDED',
    `A transaction on this cluster may write at most ${maxOperations - 1} keys, got ${writes.size}.`,
  );
}

/** @throws {MemStoreError} LIMIT_EXCEEDED */
export function checkSize(
  keys: KeySpace,
  writes: PendingWrites,
  maxOperations: number,
  maxBytes: number,
): void {
  checkWriteCount(writes, maxOperations);
  let bytes = 0;
  for (const [key, { value }] of writes) bytes += keys.entry(key).length + (value?.length ?? 0);
  if (bytes > maxBytes)
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `A transaction on this cluster may write at most ${maxBytes} bytes, got ${bytes}.`,
    );
}
