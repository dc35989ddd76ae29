import type { Timer } from '../contract/clock.ts';
import { type ErrorCode, MemStoreError } from '../contract/errors.ts';
import { abortedBy } from '../lifecycle/cancellation.ts';
import { Link } from '../remote/link.ts';
import type { ResolvedConnectOptions } from './connect-options.ts';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 2_000;
/** Errors that may pass: the server cannot be reached, or is full. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set(['CONNECTION_LOST', 'LIMIT_EXCEEDED']);

/** A caller that waits for a connection. */
interface Waiter {
  readonly settle: (link: Link | MemStoreError) => void;
}

/** Keeps one link to the server, and dials again when it is lost. */
export class Dialer {
  readonly #options: ResolvedConnectOptions;
  #link: Link | undefined;
  #isDialing = false;
  readonly #waiters = new Set<Waiter>();
  #isClosed = false;
  #redial: Timer;
  /** Ends the attempt that is under way. */
  readonly #dialing = new AbortController();
  /** The error of the last attempt. */
  #failure: unknown;
  /** Called with every link that is lost. */
  readonly #onLost: (link: Link) => void;

  constructor(options: ResolvedConnectOptions, onLost: (link: Link) => void) {
    this.#options = options;
    this.#onLost = onLost;
  }

  /** The usable link, if there is one. */
  get link(): Link | undefined {
    return this.#link;
  }

  /**
   * Dials for the first time.
   * @throws {MemStoreError} CONNECTION_LOST, AUTH_REQUIRED, AUTH_FAILED, PROTOCOL, LIMIT_EXCEEDED
   */
  async open(): Promise<void> {
    this.#use(await Link.open(this.#options));
  }

  /**
   * Waits for a link, for as long as the options say.
   * @throws {MemStoreError} CONNECTION_LOST, ABORTED, and the error of a server that refuses the client
   */
  wait(signal: AbortSignal | undefined): Promise<Link> {
    if (this.#link !== undefined) return Promise.resolve(this.#link);
    const { clock, reconnectTimeoutMs } = this.#options;
    this.#dial(0);
    return new Promise((resolve, reject) => {
      const settle = (outcome: Link | MemStoreError): void => {
        this.#waiters.delete(waiter);
        clock.clearTimer(timer);
        signal?.removeEventListener('abort', onAbort);
        if (outcome instanceof Link) resolve(outcome);
        else reject(outcome);
      };
      const waiter: Waiter = { settle };
      const onAbort = (): void => settle(abortedBy(signal));
      const tooLong = (): void =>
        settle(
          new MemStoreError('CONNECTION_LOST', 'The connection did not come back in time.', {
            cause: this.#failure,
          }),
        );
      const timer = clock.setTimer(tooLong, reconnectTimeoutMs, true);
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Rejects all waiters, and dials no more. */
  close(reason: MemStoreError): void {
    this.#isClosed = true;
    this.#dialing.abort();
    this.#options.clock.clearTimer(this.#redial);
    for (const waiter of this.#waiters) waiter.settle(reason);
  }

  #use(link: Link): void {
    this.#link = link;
    link.onLost = () => this.#onLost(link);
    link.onClosing = () => {
      if (this.#link !== link) return;
      this.#link = undefined;
      if (!this.#isClosed) this.#dial(0);
    };
    for (const waiter of this.#waiters) waiter.settle(link);
  }

  #dial(attempt: number): void {
    if (this.#isDialing || this.#isClosed) return;
    this.#isDialing = true;
    const { clock, random } = this.#options;
    // The whole wait is jittered, so that the clients of a server that restarts do not all come at once.
    const delayMs = random() * Math.min(FIRST_BACKOFF_MS * 2 ** attempt, LONGEST_BACKOFF_MS);
    this.#redial = clock.setTimer(() => void this.#tryOnce(attempt), delayMs, false);
  }

  async #tryOnce(attempt: number): Promise<void> {
    try {
      const link = await Link.open(this.#options, this.#dialing.signal);
      this.#isDialing = false;
      if (this.#isClosed) link.destroy();
      else this.#use(link);
    } catch (error) {
      this.#isDialing = false;
      this.#failure = error;
      // A wrong password, or a server that is not MemStore, stays so.
      if (error instanceof MemStoreError && !MAY_PASS.has(error.code))
        for (const waiter of this.#waiters) waiter.settle(error);
      this.#dial(attempt + 1);
    }
  }
}
