import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, Timer } from '../contract/clock.ts';
import { addressGroup } from './address-group.ts';

/** One password that a client gave. */
export interface Guess {
  readonly password: string;
  /** The address that it came from; `undefined` for a Unix socket. */
  readonly address: string | undefined;
  /** Whether the connection has given no wrong password before. */
  readonly isFirst: boolean;
  /** Returns whether the client still waits for the reply. */
  readonly isWaited: () => boolean;
  /** Called as soon as the password is known to be wrong, long before the answer. */
  readonly onWrong: () => void;
}

interface WaitingGuess extends Guess {
  readonly answer: (isRight: Promise<boolean>) => void;
}

/** The guesses that come from one address. */
interface Group {
  /**
   * When the cost of the wrong passwords so far has elapsed, on the monotonic clock. Each costs an equal
   * share of the delay.
   */
  paidAtMs: number;
  /** First guesses of their connections, the newest last. */
  first: WaitingGuess[];
  /** Guesses of connections that have guessed wrong before, the newest last. */
  later: WaitingGuess[];
  /** Set while guesses wait. */
  timer: Timer;
  /** At this number of waiting guesses, those of lost connections are removed. */
  sweepAt: number;
}

/** How guessing is slowed down. */
export interface GuessLimits {
  /** How long the answer to a wrong password takes, in milliseconds. */
  readonly authFailureDelay: number;
  /** How many wrong passwords of one address are checked within `authFailureDelay`. */
  readonly maxAuthFailures: number;
}

const SWEEP_AT = 64;
/** A month. A longer delay has no use. */
const LONGEST_DELAY_MS = 30 * 24 * 3_600_000;
/** Sums of shares are not exact. */
const ROUNDING_MS = 1e-6;

/**
 * Tells whether a password is the right one. It compares digests of equal length in constant time, so that
 * the time reveals nothing about the password.
 *
 * A right password is answered at once, a wrong one after `authFailureDelay`. A client could hang up before
 * that and guess again, so the rate of guesses is bounded by address: up to `maxAuthFailures` are checked
 * together, then one in each `authFailureDelay / maxAuthFailures`. Other guesses wait, and meanwhile look
 * like wrong ones to the client.
 *
 * A client that knows the password must not wait behind those guesses. So the first guess of a connection
 * goes before later guesses, and newer first guesses go before older ones. Waiting guesses therefore delay it
 * by at most one turn.
 */
export class PasswordCheck {
  readonly #expected: Buffer | undefined;
  readonly #delayMs: number;
  /** The cost of one wrong password, in milliseconds. */
  readonly #shareMs: number;
  readonly #clock: Clock;
  /** The addresses whose wrong passwords still cost time. */
  readonly #groups = new Map<string, Group>();

  constructor(password: string | undefined, limits: GuessLimits, clock: Clock) {
    this.#expected = password === undefined ? undefined : digest(password);
    this.#delayMs = Math.min(limits.authFailureDelay, LONGEST_DELAY_MS);
    this.#shareMs = this.#delayMs / limits.maxAuthFailures;
    this.#clock = clock;
  }

  /** False if the server has no password. */
  get isNeeded(): boolean {
    return this.#expected !== undefined;
  }

  /** Resolves with whether the password is right. */
  accepts(guess: Guess): Promise<boolean> {
    const name = addressGroup(guess.address);
    const group = this.#groups.get(name);
    if (group === undefined || this.#turnInMs(group) <= 0) return this.#compare(guess, name);
    return new Promise((resolve) => {
      (guess.isFirst ? group.first : group.later).push({ ...guess, answer: resolve });
      if (group.first.length + group.later.length >= group.sweepAt) sweep(group);
      this.#awaitTurn(group, name);
    });
  }

  #compare({ password, onWrong }: Guess, name: string): Promise<boolean> {
    if (this.#expected !== undefined && timingSafeEqual(digest(password), this.#expected))
      return Promise.resolve(true);
    onWrong();
    const nowMs = this.#clock.monotonicMs();
    const group = this.#groups.get(name) ?? newGroup(nowMs);
    this.#groups.set(name, group);
    group.paidAtMs = Math.max(group.paidAtMs, nowMs) + this.#shareMs;
    return new Promise((resolve) => {
      const end = (): void => {
        this.#forgetIfPaid(group, name);
        resolve(false);
      };
      this.#clock.setTimer(end, this.#delayMs, false);
    });
  }

  /** Returns the milliseconds until the next password may be checked. */
  #turnInMs(group: Group): number {
    const owedMs = group.paidAtMs - this.#clock.monotonicMs();
    return owedMs - (this.#delayMs - this.#shareMs) - ROUNDING_MS;
  }

  #awaitTurn(group: Group, name: string): void {
    if (group.timer !== undefined) return;
    const look = (): void => {
      group.timer = undefined;
      this.#look(group, name);
    };
    // A shorter delay could be lost in the rounding of the clock.
    const delayMs = Math.max(1, Math.ceil(this.#turnInMs(group)));
    group.timer = this.#clock.setTimer(look, delayMs, false);
  }

  /** Checks the passwords whose turn it is. */
  #look(group: Group, name: string): void {
    while (this.#turnInMs(group) <= 0) {
      const guess = group.first.pop() ?? group.later.shift();
      if (guess === undefined) break;
      if (guess.isWaited()) guess.answer(this.#compare(guess, name));
    }
    if (group.first.length + group.later.length > 0) this.#awaitTurn(group, name);
    else this.#forgetIfPaid(group, name);
  }

  #forgetIfPaid(group: Group, name: string): void {
    const isPaid = group.paidAtMs <= this.#clock.monotonicMs() + ROUNDING_MS;
    if (isPaid && group.first.length + group.later.length === 0 && this.#groups.get(name) === group)
      this.#groups.delete(name);
  }
}

function newGroup(nowMs: number): Group {
  return { paidAtMs: nowMs, first: [], later: [], timer: undefined, sweepAt: SWEEP_AT };
}

/** Removes the guesses of lost connections. */
function sweep(group: Group): void {
  group.first = group.first.filter(({ isWaited }) => isWaited());
  group.later = group.later.filter(({ isWaited }) => isWaited());
  group.sweepAt = Math.max(SWEEP_AT, 2 * (group.first.length + group.later.length));
}

function digest(password: string): Buffer {
  return createHash('sha256').update(password).digest();
}
