import type { ByteHolder, UncommittedBytes } from './uncommitted-bytes.ts';
import { type Write, WriteSet } from './write-set.ts';

/** The heap that a write takes besides its key and value: its record, its place in a map, and the lock. */
const WRITE_BYTES = 300;
/** The heap that a savepoint takes, and that a write takes which a savepoint may bring back. */
const UNDO_BYTES = 100;

/** A write, and the bytes that it is counted for. */
class CountedWrite implements Write {
  readonly key: string;
  readonly value: unknown;
  readonly ttlMs: number | undefined;
  readonly size: number;
  readonly bytes: number;

  constructor({ key, value, ttlMs, size }: Write, bytes: number) {
    this.key = key;
    this.value = value;
    this.ttlMs = ttlMs;
    this.size = size;
    this.bytes = bytes;
  }
}

/** The owner of a write set, without what the set itself knows. */
type Owner = Omit<ByteHolder, 'heldBytes'>;

/** The writes of a transaction in a store that bounds uncommitted bytes. It adds nothing that does not fit. */
class CountedWriteSet extends WriteSet implements ByteHolder {
  readonly #owner: Owner;
  readonly #all: UncommittedBytes;
  heldBytes = 0;
  /** The part of `heldBytes` that is for writes which are still to be added. */
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

  override weighed(write: Write): Write {
    return new CountedWrite(write, WRITE_BYTES + this.#all.estimate(write.key, write.value));
  }

  override growth(write: Write, previous: Write | undefined): number {
    return bytesOf(write) + (this.keepsReplaced ? UNDO_BYTES : -bytesOf(previous));
  }

  override reserve(bytes: number): void {
    // The operation before may have added less than it reserved room for.
    this.#take(bytes - this.#reserved);
    this.#reserved = bytes;
  }

  override setReserved(write: Write): void {
    this.#reserved -= this.growth(write, this.get(write.key));
    super.set(write);
  }

  override set(write: Write): void {
    const weighed = this.weighed(write);
    this.#take(this.growth(weighed, this.get(write.key)));
    super.set(weighed);
  }

  override undoTo(mark: number, most: number): boolean {
    // An operation that was cancelled may have added a part of its writes.
    this.#take(-this.#reserved);
    this.#reserved = 0;
    return super.undoTo(mark, most);
  }

  override mark(): number {
    this.#take(UNDO_BYTES);
    return super.mark();
  }

  protected override undo(key: string | undefined, previous: Write | undefined): void {
    // The earlier write goes back from the log to its place, and is counted all the while.
    const undone = key === undefined ? undefined : this.get(key);
    this.#take(-UNDO_BYTES - bytesOf(undone));
    super.undo(key, previous);
  }

  /** Gives all bytes back when the transaction ends. */
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

/** Returns an empty write set, one that counts if `all` does. */
export function newWriteSet(owner: Owner, all: UncommittedBytes | undefined): WriteSet {
  return all === undefined ? new WriteSet() : new CountedWriteSet(owner, all);
}
