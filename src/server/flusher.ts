/** Something that gathers replies and can write them in one go. */
export interface Flushable {
  /** True while it waits for its flush. The flusher alone sets it. */
  isQueued: boolean;
  flush(): void;
}

/**
 * Lets every connection write once in each turn of the event loop: one system call for many replies makes
 * pipelining fast. The connections write one after the other, as in Redis, so a client that waits for many of
 * them is woken once for the turn, not once for each.
 */
export class Flusher {
  #waiting: Flushable[] = [];

  /** Flushes a connection at the end of the turn. Does nothing if it waits for that already. */
  add(connection: Flushable): void {
    if (connection.isQueued) return;
    connection.isQueued = true;
    if (this.#waiting.push(connection) === 1) setImmediate(() => this.#flushAll());
  }

  #flushAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) {
      connection.isQueued = false;
      connection.flush();
    }
  }
}
