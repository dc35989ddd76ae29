import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, Timer } from '../contract/clock.ts';
import { addressGroup } from './address-group.ts';

/** One password that a client sent. */
export interface Guess {
  readonly password: string;
  /** The address of the client; `undefined` for a Unix socket. */
  readonly address: string | undefined;
  /** True if the connection has sent no wrong password before. */
  readonly isFirst: boolean;
  /** Returns whether the client still waits for the reply. */
  readonly isWaited: () => boolean;
  /** Called as soon as the password is known to be wrong, long before the delayed reply. */
  readonly onWrong: () => void;
}

interface WaitingGuess extends Guess {
  readonly answer: (isRight: Promise<boolean>) => void;
}

/** The guesses from one address group. */
interface Group {
  /**
   * The time on the monotonic clock when the delay for the wrong passwords so far has passed. Each adds an
   * equal share of `authFailureDelay`.
   */
  paidAtMs: number;
  /** Waiting guesses that are the first of their connection, the newest last. */
  first: WaitingGuess[];
  /** Waiting guesses of connections that have guessed wrong before, the newest last. */
  later: WaitingGuess[];
  /** The timer for the next check. Set while guesses wait. */
  timer: Timer;
  /** At this number of waiting guesses, a sweep removes those of lost connections. */
  sweepAt: number;
}

/** The limits that slow down password guessing. */
export interface GuessLimits {
  /** The delay of the reply to a wrong password, in milliseconds. */
  readonly authFailureDelay: number;
  /** The maximum number of wrong passwords per address that are checked within `authFailureDelay`. */
  readonly maxAuthFailures: number;
}

const SWEEP_AT = 64;
/** One month. Longer delays are shortened to it. */
const LONGEST_DELAY_MS = 30 * 24 * 3_600_000;
/** Tolerates rounding errors in sums of shares. */
const ROUNDING_MS = 1e-6;

/**
 * Checks passwords. It compares digests of equal length in constant time, so that the time reveals nothing
 * about the password.
 *
 * The reply to a right password is immediate, the reply to a wrong one comes after `authFailureDelay`. A
 * client could disconnect before that and guess again, so the rate of guesses per address is limited. Up to
 * `maxAuthFailures` guesses are checked immediately, then one per `authFailureDelay / maxAuthFailures`. Other
 * guesses wait. To the client, a waiting guess looks like a wrong one.
 *
 * A client that knows the password must not wait behind the guesses of others. So the first guess of a
 * connection goes before later guesses, and newer first guesses go before older ones. Waiting guesses
 * therefore delay such a client by at most one check.
 */
export class PasswordCheck {
  readonly #expected: Buffer | undefined;
  readonly #delayMs: number;
  /** The share of the delay that each wrong password adds, in milliseconds. */
  readonly #shareMs: number;
  readonly #clock: Clock;
  /** The address groups whose delay has not passed yet or whose guesses wait. */
  readonly #groups = new Map<string, Group>();

  constructor(password: string | undefined, limits: GuessLimits, clock: Clock) {
    this.#expected = password === undefined ? undefined : digest(password);
    this.#delayMs = Math.min(limits.authFailureDelay, LONGEST_DELAY_MS);
    this.#shareMs = this.#delayMs / limits.maxAuthFailures;
    this.#clock = clock;
  }

  /** Returns whether the server has a password. */
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
    // The clock could round a shorter delay down to zero.
    const delayMs = Math.max(1, Math.ceil(this.#turnInMs(group)));
    group.timer = this.#clock.setTimer(look, delayMs, false);
  }

  /** Checks the waiting passwords that may be checked now. */
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
