/** Something that gathers replies and can write them in one go. */
export interface Flushable {
  flush(): void;
}

/**
 * Lets every connection write once in each turn of the event loop: one system call for many replies makes
 * pipelining fast. The connections write one after the other, as in Redis, so a client that waits for many of
 * them is woken once for the turn, not once for each.
 */
export class Flusher {
  #waiting: Flushable[] = [];

  add(connection: Flushable): void {
    if (this.#waiting.push(connection) === 1) setImmediate(() => this.#flushAll());
  }

  #flushAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const connection of waiting) connection.flush();
  }
}
