import type { ByteHolder, UncommittedBytes } from '../limits/uncommitted-bytes.ts';
import type { Write } from '../write.ts';
import { WriteSet } from './write-set.ts';

/** The heap bytes of a write, without its key and value: its record, its map entry and its lock. */
const WRITE_BYTES = 300;
/** The heap bytes of a savepoint, and of a replaced write that is kept for a savepoint. */
const UNDO_BYTES = 100;

/** A write with its estimated size in bytes. */
class CountedWrite implements Write {
  readonly key: string;
  readonly value: unknown;
  readonly ttlMs: number | undefined;
  readonly size: number;
  readonly expiresAtMs: number | undefined;
  readonly isTouch: true | undefined;
  readonly bytes: number;

  constructor({ key, value, ttlMs, size, expiresAtMs, isTouch }: Write, bytes: number) {
    this.key = key;
    this.value = value;
    this.ttlMs = ttlMs;
    this.size = size;
    this.expiresAtMs = expiresAtMs;
    this.isTouch = isTouch;
    this.bytes = bytes;
  }
}

/** The transaction that owns a write set. The set itself counts `heldBytes`. */
type Owner = Omit<ByteHolder, 'heldBytes'>;

/** The write set of a store that limits uncommitted bytes. It refuses a write that does not fit. */
class CountedWriteSet extends WriteSet implements ByteHolder {
  readonly #owner: Owner;
  readonly #all: UncommittedBytes;
  heldBytes = 0;
  /** The part of `heldBytes` that is reserved for writes that are not added yet. */
  #reserved = 0;

  constructor(owner: Owner, all: UncommittedBytes) {
    super();
    this.#owner = owner;
    this.#all = all;
  }

  get id(): number {
    return this.#owner.id;
  }

  get age(): number {
    return this.#owner.age;
  }

  get status(): Owner['status'] {
    return this.#owner.status;
  }

  abort(error: Parameters<Owner['abort']>[0]): void {
    this.#owner.abort(error);
  }

  override withWeight(write: Write): Write {
    return new CountedWrite(write, WRITE_BYTES + this.#all.estimate(write.key, write.value));
  }

  override growth(write: Write, previous: Write | undefined): number {
    return bytesOf(write) + (this.keepsReplaced ? UNDO_BYTES : -bytesOf(previous));
  }

  override reserve(bytes: number): void {
    // The previous operation may have added less than it reserved.
    this.#take(bytes - this.#reserved);
    this.#reserved = bytes;
  }

  override setReserved(write: Write): void {
    this.#reserved -= this.growth(write, this.get(write.key));
    super.set(write);
  }

  override set(write: Write): void {
    const weighed = this.withWeight(write);
    this.#take(this.growth(weighed, this.get(write.key)));
    super.set(weighed);
  }

  override undoTo(mark: number, most: number): boolean {
    // A cancelled operation may have added only some of the writes that it reserved room for.
    this.#take(-this.#reserved);
    this.#reserved = 0;
    return super.undoTo(mark, most);
  }

  override mark(): number {
    this.#take(UNDO_BYTES);
    return super.mark();
  }

  protected override undo(key: string | undefined, previous: Write | undefined): void {
    // The previous write moves from the undo log back to the set, so its bytes stay counted.
    const undone = key === undefined ? undefined : this.get(key);
    this.#take(-UNDO_BYTES - bytesOf(undone));
    super.undo(key, previous);
  }

  /** Gives back all counted bytes when the transaction ends. */
  override release(): void {
    this.#all.release(this);
  }

  #take(bytes: number): void {
    this.#all.take(this, bytes);
    this.heldBytes += bytes;
  }
}

function bytesOf(write: Write | undefined): number {
  return write instanceof CountedWrite ? write.bytes : 0;
}

/** Returns an empty write set. It counts bytes if `all` is given. */
export function newWriteSet(owner: Owner, all: UncommittedBytes | undefined): WriteSet {
  return all === undefined ? new WriteSet() : new CountedWriteSet(owner, all);
}
