import { codeUnitBytes, fromCodeUnitBytes } from '../codecs/code-unit-bytes.ts';
import type { KeyRange } from '../contract/key-range.ts';

/** A stretch of etcd's keys, half open. */
export interface ByteRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

// What stands behind the prefix says what a key is. The byte 0 keeps one store's keys out of another one's,
// whose prefix begins alike.
const ENTRIES = '\0e';
const LOCKS = '\0l';
const PROCESSES = '\0s';

/** Where a store keeps what in etcd. */
export class KeySpace {
  readonly #entries: Buffer;
  readonly #endOfEntries: Buffer;
  readonly #locks: Buffer;
  readonly #processes: Buffer;

  constructor(prefix: string) {
    this.#entries = codeUnitBytes(prefix + ENTRIES);
    this.#endOfEntries = following(this.#entries);
    this.#locks = codeUnitBytes(prefix + LOCKS);
    this.#processes = codeUnitBytes(prefix + PROCESSES);
  }

  entry(key: string): Buffer {
    return Buffer.concat([this.#entries, codeUnitBytes(key)]);
  }

  keyOf(entry: Uint8Array): string {
    return fromCodeUnitBytes(entry.subarray(this.#entries.length));
  }

  entries({ from, to }: KeyRange): ByteRange {
    return { key: this.entry(from), range_end: to === undefined ? this.#endOfEntries : this.entry(to) };
  }

  /** Everybody who holds the row lock of a key or waits for it. */
  lockQueue(key: string): ByteRange {
    // A key's length in front keeps its queue apart from those of the keys that begin with it.
    const bytes = codeUnitBytes(key);
    const queue = Buffer.concat([this.#locks, Buffer.from(`${bytes.length}:`), bytes, Buffer.of(0)]);
    return { key: queue, range_end: following(queue) };
  }

  /** One place in that queue. */
  lockPlace(key: string, owner: string): Buffer {
    return Buffer.concat([this.lockQueue(key).key, Buffer.from(owner)]);
  }

  /** This key exists until the lease of the process ends. */
  process(id: string): Buffer {
    return Buffer.concat([this.#processes, Buffer.from(id)]);
  }

  /** Written by every commit that goes through this slot of a process. */
  commitSlot(processId: string, slot: number): Buffer {
    return Buffer.concat([this.#processes, Buffer.from(`${processId}:${slot}`)]);
  }
}

/** The first bytes behind all those that begin with these. REQUIRES: the last byte is below 255. */
function following(bytes: Buffer): Buffer {
  const next = Buffer.from(bytes);
  next[next.length - 1] = (next[next.length - 1] ?? 0) + 1;
  return next;
}
