import type { Clock, Timer } from '../contract/clock.ts';

/** The connection that a heartbeat watches. */
interface WatchedConnection {
  /** True if an answer is due. */
  readonly isWaiting: () => boolean;
  /** Sends a request that the server answers at once. */
  readonly ping: () => void;
  /** Called when the server stays silent for a whole interval after a ping. */
  readonly onSilence: () => void;
}

/** Pings a silent server while answers are due, and tells when it does not respond. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #connection: WatchedConnection;
  #timer: Timer;
  /** True if the server sent or took anything since the last beat. */
  #hasHeard = true;

  /** @param intervalMs in milliseconds; `Infinity` never pings */
  constructor(clock: Clock, intervalMs: number, connection: WatchedConnection) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#connection = connection;
    this.#schedule();
  }

  /** Records a sign of life of the server. */
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
