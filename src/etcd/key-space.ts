import { codeUnitBytes, fromCodeUnitBytes } from '../codecs/code-unit-bytes.ts';
import type { KeyRange } from '../contract/key-range.ts';

/** A half-open range of keys in etcd. */
export interface ByteRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

// The text after the prefix of the store gives the kind of a key. It starts with a byte 0, so that the keys
// of two stores never overlap, even if one prefix is the start of the other.
const ENTRIES = '\0e';
const LOCKS = '\0l';
const PROCESSES = '\0s';

/** The keys of a store in etcd. */
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

  /** Returns the keys of the transactions that hold the row lock of a key or wait for it. */
  lockQueue(key: string): ByteRange {
    // Starting with the length of the key keeps its queue apart from the queues of longer keys that start
    // with it.
    const bytes = codeUnitBytes(key);
    const queue = Buffer.concat([this.#locks, Buffer.from(`${bytes.length}:`), bytes, Buffer.of(0)]);
    return { key: queue, range_end: following(queue) };
  }

  /** Returns the key for the place of one transaction in that queue. */
  lockPlace(key: string, owner: string): Buffer {
    return Buffer.concat([this.lockQueue(key).key, Buffer.from(owner)]);
  }

  /** Returns the keys of all processes, and of their commit slots. */
  processes(): ByteRange {
    return { key: this.#processes, range_end: following(this.#processes) };
  }

  /** Returns the key that exists until the lease of the process ends. */
  process(id: string): Buffer {
    return Buffer.concat([this.#processes, Buffer.from(id)]);
  }

  /** Returns the key that every commit in this slot of a process writes. */
  commitSlot(processId: string, slot: number): Buffer {
    return Buffer.concat([this.#processes, Buffer.from(`${processId}:${slot}`)]);
  }
}

/** Returns the first bytes after all those that start with `bytes`. REQUIRES: the last byte is below 255. */
function following(bytes: Buffer): Buffer {
  const next = Buffer.from(bytes);
  next[next.length - 1] = (next[next.length - 1] ?? 0) + 1;
  return next;
}
