/** Something that gathers replies and can write them in one go. */
export interface Flushable {
  flush(): void;
}

/**
 * Lets every connection write once for each turn of the event loop, whatever it has answered in that turn: one
 * system call for many replies is what makes pipelining fast. All of them write one after the other, and go on with what
 * waited for that, as Redis does before it waits for more: a client that waits for many connections is then woken once
 * for the turn, and not for each of them.
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
