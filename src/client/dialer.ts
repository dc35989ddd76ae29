import { messagePackCodec } from '../codecs/message-pack-codec.ts';
import { nodeFormat } from '../codecs/node-format.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import type { Timer } from '../contract/clock.ts';
import { type ErrorCode, MemStoreError } from '../contract/errors.ts';
import { abortedBy } from '../lifecycle/cancellation.ts';
import { Link } from '../remote/link.ts';
import type { LinkSource } from '../remote/link-source.ts';
import type { ResolvedConnectOptions } from './connect-options.ts';
import { openLink } from './open-link.ts';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 2_000;
/** Errors after which the waiters keep waiting: the server cannot be reached or is full. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set(['CONNECTION_LOST', 'LIMIT_EXCEEDED']);

/** A call that waits for a connection. */
interface Waiter {
  readonly settle: (link: Link | MemStoreError) => void;
}

/** Keeps one link to the server, and connects again when the link is lost. */
export class Dialer implements LinkSource {
  readonly codec: ValueCodec = messagePackCodec(nodeFormat);
  onLost: (link: Link) => void = () => {};
  readonly #options: ResolvedConnectOptions;
  #link: Link | undefined;
  #isDialing = false;
  readonly #waiters = new Set<Waiter>();
  #isClosed = false;
  #redial: Timer;
  /** Cancels the current attempt to connect. */
  readonly #dialing = new AbortController();
  /** The error of the last attempt to connect. */
  #failure: unknown;

  constructor(options: ResolvedConnectOptions) {
    this.#options = options;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /**
   * Connects for the first time. Does not retry.
   * @throws {MemStoreError} CONNECTION_LOST, AUTH_REQUIRED, AUTH_FAILED, PROTOCOL, LIMIT_EXCEEDED
   */
  async open(): Promise<void> {
    this.#use(await openLink(this.#options, this.codec));
  }

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
          new MemStoreError(
            'CONNECTION_LOST',
            `The client could not reconnect within ${reconnectTimeoutMs} ms (reconnectTimeout).`,
            {
              cause: this.#failure,
            },
          ),
        );
      const timer = clock.setTimer(tooLong, reconnectTimeoutMs, true);
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  close(reason: MemStoreError): void {
    this.#isClosed = true;
    this.#dialing.abort();
    this.#options.clock.clearTimer(this.#redial);
    for (const waiter of this.#waiters) waiter.settle(reason);
  }

  #use(link: Link): void {
    this.#link = link;
    link.onLost = () => this.onLost(link);
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
    // Randomize the whole delay, so that the clients of a restarting server do not all connect at the same
    // time.
    const delayMs = random() * Math.min(FIRST_BACKOFF_MS * 2 ** attempt, LONGEST_BACKOFF_MS);
    this.#redial = clock.setTimer(() => void this.#tryOnce(attempt), delayMs, false);
  }

  async #tryOnce(attempt: number): Promise<void> {
    try {
      const link = await openLink(this.#options, this.codec, this.#dialing.signal);
      this.#isDialing = false;
      if (this.#isClosed) link.destroy();
      else this.#use(link);
    } catch (error) {
      this.#isDialing = false;
      this.#failure = error;
      // Other errors, such as a wrong password, will not go away, so the waiters reject immediately.
      if (error instanceof MemStoreError && !MAY_PASS.has(error.code))
        for (const waiter of this.#waiters) waiter.settle(error);
      this.#dial(attempt + 1);
    }
  }
}
