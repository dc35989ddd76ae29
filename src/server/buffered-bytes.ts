import type { Clock, Timer } from '../contract/clock.ts';

/** The memory of a connection. */
export interface Buffering {
  /** The bytes that `BufferedBytes` has counted for it. */
  countedBytes: number;
  /** Resumes the work that waited for memory, in a turn of its own. */
  wake(): void;
  /** Ends it at once. */
  cut(reason: string): void;
}

/** How long connections may keep the buffers more than half full before those that hold the most are cut. */
const CROWDED_MS = 5_000;
/** Every reply may have this many bytes, so that a client always learns how its command ended. */
const LEAST_REPLY_BYTES = 1_024;
const CUT = 'the server needed the memory (maxBufferedBytes), and this connection held the most';

/**
 * Counts the bytes that a server buffers for all its clients: requests that are not whole or not answered,
 * replies that are not read, open transactions and scans.
 *
 * All connections use one half of the ceiling. When it is full, a quarter is shared out equally: connections
 * that hold more than their share are not read, so that others go on. The last quarter is for one of these at
 * a time, so that a request which has come in part can end. If the half stays full, the connections that hold
 * the most are cut.
 */
export class BufferedBytes {
  readonly #half: number;
  readonly #clock: Clock;
  readonly #connections = new Set<Buffering>();
  /** Connections that wait until there is room. */
  #waiting = new Set<Buffering>();
  /** The one that is read although it holds more than its share. */
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

  /** Notes how many bytes a connection holds now. */
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
   * Returns whether a connection must wait, because it holds more than its share while memory is short. It is
   * woken later.
   */
  mustWait(connection: Buffering): boolean {
    if (!this.isShortFor(connection)) return false;
    this.#passing ??= connection;
    if (this.#passing === connection) return false;
    this.#waiting.add(connection);
    return true;
  }

  /** Returns the most bytes that the next reply of a connection may have. */
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

  /** Lets the one that has waited longest be read. */
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
