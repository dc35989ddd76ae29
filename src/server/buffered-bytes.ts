import type { Clock, Timer } from '../contract/clock.ts';

/** The memory of one connection. */
export interface Buffering {
  /** The bytes that `BufferedBytes` has counted for the connection. */
  countedBytes: number;
  /** Resumes the work that waited for memory, in a later turn of the event loop. */
  wake(): void;
  /** Closes the connection immediately. */
  cut(reason: string): void;
}

/**
 * If the buffers stay more than half full for this long, the connections that use the most memory are closed.
 */
const CROWDED_MS = 5_000;
/** Every reply may have this many bytes, so that a client always receives at least an error. */
const LEAST_REPLY_BYTES = 1_024;
const CUT = 'the server ran short of memory (maxBufferedBytes), and this connection used the most';

/**
 * Counts the bytes that a server buffers for all its clients: incomplete and unanswered requests, unread
 * replies, open transactions and scans.
 *
 * All connections share one half of the limit. When that half is full, the server divides a quarter of the
 * limit equally among the connections. It stops reading those that use more than their share. The last
 * quarter is for one such connection at a time, so that it can complete a partly received request. If the
 * half stays full, the server closes the connections that use the most.
 */
export class BufferedBytes {
  readonly #half: number;
  readonly #clock: Clock;
  readonly #connections = new Set<Buffering>();
  /** The connections that wait for memory. */
  #waiting = new Set<Buffering>();
  /** The connection that is read although it uses more than its share. */
  #passing: Buffering | undefined;
  #total = 0;
  #isCrowded = false;
  #timer: Timer | undefined;

  constructor(ceiling: number, clock: Clock) {
    this.#half = ceiling / 2;
    this.#clock = clock;
  }

  get total(): number {
    return this.#total;
  }

  add(connection: Buffering): void {
    this.#connections.add(connection);
  }

  remove(connection: Buffering): void {
    this.#waiting.delete(connection);
    if (this.#connections.delete(connection)) this.#change(-connection.countedBytes);
    if (this.#passing === connection) this.#passNext();
  }

  /** Records the number of bytes that a connection uses now. */
  count(connection: Buffering, bytes: number): void {
    const more = bytes - connection.countedBytes;
    if (more === 0 || !this.#connections.has(connection)) return;
    connection.countedBytes = bytes;
    this.#change(more);
    if (this.#passing === connection && !this.isShortFor(connection)) this.#passNext();
  }

  isShortFor({ countedBytes }: Buffering): boolean {
    return this.#isCrowded && countedBytes > this.#share;
  }

  /**
   * Returns whether a connection must wait, because memory is short and it uses more than its share. Its
   * `wake` is called later.
   */
  mustWait(connection: Buffering): boolean {
    if (!this.isShortFor(connection)) return false;
    this.#passing ??= connection;
    if (this.#passing === connection) return false;
    this.#waiting.add(connection);
    return true;
  }

  /** Returns the maximum size of the next reply of a connection, in bytes. */
  roomFor({ countedBytes }: Buffering): number {
    if (!this.#isCrowded) return this.#half;
    return Math.max(this.#share - countedBytes, LEAST_REPLY_BYTES);
  }

  get #share(): number {
    return this.#half / 2 / this.#connections.size;
  }

  #change(more: number): void {
    this.#total += more;
    const isCrowded = this.#total > this.#half;
    if (isCrowded === this.#isCrowded) return;
    this.#isCrowded = isCrowded;
    if (isCrowded) this.#timer = this.#clock.setTimer(() => this.#cutLargest(), CROWDED_MS, false);
    else this.#relax();
  }

  /** Chooses the connection that has waited longest to be read next. */
  #passNext(): void {
    const [next] = this.#waiting;
    this.#passing = next;
    if (next === undefined) return;
    this.#waiting.delete(next);
    next.wake();
  }

  #relax(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const connection of waiting) connection.wake();
  }

  #cutLargest(): void {
    const largestFirst = [...this.#connections].sort((a, b) => b.countedBytes - a.countedBytes);
    for (const connection of largestFirst) {
      if (!this.#isCrowded) return;
      this.remove(connection);
      connection.cut(CUT);
    }
  }
}
