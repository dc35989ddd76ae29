/** An object that collects replies and writes them together. */
export interface Flushable {
  /** True while the object waits for its flush. Only the flusher sets it. */
  isQueued: boolean;
  flush(): void;
}

/**
 * Makes each connection write once per turn of the event loop. Pipelining is fast because one system call
 * sends many replies. The connections write one after the other, as in Redis. So a client that waits on many
 * connections wakes up once per turn and not once per connection.
 */
export class Flusher {
  #waiting: Flushable[] = [];

  /** Schedules a flush of the connection for the end of the turn, unless one is scheduled already. */
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
