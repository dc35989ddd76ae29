import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a given password is the right one. What is compared are digests, which are of one length, and in
 * constant time, so that the time it takes tells nothing of the password.
 */
export class PasswordCheck {
  readonly #expected: Buffer | undefined;

  constructor(password: string | undefined) {
    this.#expected = password === undefined ? undefined : digest(password);
  }

  /** False when every client is welcome. */
  get isNeeded(): boolean {
    return this.#expected !== undefined;
  }

  accepts(password: string): boolean {
    return this.#expected !== undefined && timingSafeEqual(digest(password), this.#expected);
  }
}

function digest(password: string): Buffer {
  return createHash('sha256').update(password).digest();
}
