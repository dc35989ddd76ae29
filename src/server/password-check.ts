import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { addressGroup } from './address-group.ts';

/** Somebody who waits until his password is looked at. */
interface Guess {
  /** Whether he is there to hear the answer. */
  readonly isWaited: () => boolean;
  readonly answer: () => void;
}

/** Those who come from one address. */
interface Group {
  /** Wrong passwords whose answers are still held back. */
  failures: number;
  readonly waiting: Guess[];
}

/** How guessing is slowed down. */
export interface GuessLimits {
  /** How long the answer to a wrong password takes, in milliseconds. */
  readonly authFailureDelay: number;
  /** So many of one address are held back at once; further passwords of it are not looked at meanwhile. */
  readonly maxAuthFailures: number;
}

/**
 * Whether a given password is the right one. What is compared are digests, which are of one length, and in
 * constant time, so that the time it takes tells nothing of the password.
 *
 * The answer to a wrong one takes its time, and whoever does not wait for it but tries again on another connection has
 * only so many tries at once: what is not looked at cannot be told from what is wrong.
 */
export class PasswordCheck {
  readonly #expected: Buffer | undefined;
  readonly #limits: GuessLimits;
  readonly #clock: Clock;
  /** Those of which a failure is held back. */
  readonly #groups = new Map<string, Group>();

  constructor(password: string | undefined, limits: GuessLimits, clock: Clock) {
    this.#expected = password === undefined ? undefined : digest(password);
    this.#limits = limits;
    this.#clock = clock;
  }

  /** False when every client is welcome. */
  get isNeeded(): boolean {
    return this.#expected !== undefined;
  }

  /**
   * Whether the password is right: at once, if it is, and not too many from this address were wrong lately.
   * `onWrong` is told before the answer, which takes its time.
   */
  accepts(
    password: string,
    address: string | undefined,
    isWaited: () => boolean,
    onWrong: () => void,
  ): Promise<boolean> {
    const name = addressGroup(address);
    const group = this.#groups.get(name);
    if (group === undefined || group.failures < this.#limits.maxAuthFailures)
      return this.#compare(password, name, onWrong);
    return new Promise((resolve) => {
      const answer = (): void => resolve(this.#compare(password, name, onWrong));
      group.waiting.push({ isWaited, answer });
    });
  }

  #compare(password: string, name: string, onWrong: () => void): Promise<boolean> {
    if (this.#expected !== undefined && timingSafeEqual(digest(password), this.#expected))
      return Promise.resolve(true);
    onWrong();
    const group = this.#groups.get(name) ?? { failures: 0, waiting: [] };
    this.#groups.set(name, group);
    group.failures++;
    return new Promise((resolve) => {
      const end = (): void => {
        group.failures--;
        this.#goOn(name);
        resolve(false);
      };
      this.#clock.setTimer(end, this.#limits.authFailureDelay, false);
    });
  }

  /** Looks at the passwords of those whose turn it is. */
  #goOn(name: string): void {
    const group = this.#groups.get(name);
    if (group === undefined) return;
    while (group.failures < this.#limits.maxAuthFailures) {
      const guess = group.waiting.shift();
      if (guess === undefined) break;
      if (guess.isWaited()) guess.answer();
    }
    if (group.failures === 0 && group.waiting.length === 0) this.#groups.delete(name);
  }
}

function digest(password: string): Buffer {
  return createHash('sha256').update(password).digest();
}
