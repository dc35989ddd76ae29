import type { Clock, Timer } from '../contract/clock.ts';

/** The connection that a heartbeat watches. */
interface WatchedConnection {
  /** Returns whether a request still waits for its reply. */
  readonly isWaiting: () => boolean;
  /** Sends a request that the server answers without waiting. */
  readonly ping: () => void;
  /** Called when the server stays silent for a whole interval after a ping. */
  readonly onSilence: () => void;
}

/**
 * Pings the server if it is silent while requests wait for replies. Reports a server that does not respond.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #connection: WatchedConnection;
  #timer: Timer;
  /** True if the server sent or read any bytes since the last interval began. */
  #hasHeard = true;

  /** @param intervalMs the time between two checks, in milliseconds; `Infinity` turns pings off */
  constructor(clock: Clock, intervalMs: number, connection: WatchedConnection) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#connection = connection;
    this.#schedule();
  }

  /** Records that the server has sent or read something. */
  recordActivity(): void {
    this.#hasHeard = true;
  }

  stop(): void {
    this.#clock.clearTimer(this.#timer);
  }

  #schedule(): void {
    if (this.#intervalMs === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.setTimer(() => this.#beat(), this.#intervalMs, false);
  }

  #beat(): void {
    this.#schedule();
    if (!this.#connection.isWaiting()) this.#hasHeard = true;
    else if (this.#hasHeard) {
      this.#hasHeard = false;
      this.#connection.ping();
    } else this.#connection.onSilence();
  }
}
