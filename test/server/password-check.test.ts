import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { PasswordCheck } from '../../src/server/password-check.ts';

interface Outcome {
  isRight: boolean | undefined;
  atMs: number;
}

/** Sends guesses to a PasswordCheck with a fake clock. */
class Guessing {
  readonly clock = new FakeClock();
  readonly check: PasswordCheck;
  wrong = 0;

  constructor(authFailureDelay = 500, maxAuthFailures = 16) {
    this.check = new PasswordCheck('right', { authFailureDelay, maxAuthFailures }, this.clock);
  }

  guess(password: string, isFirst = true, isWaited = () => true): Outcome {
    const outcome: Outcome = { isRight: undefined, atMs: Number.NaN };
    const onWrong = (): void => void this.wrong++;
    const guess = { password, address: '192.0.2.7', isFirst, isWaited, onWrong };
    void this.check.accepts(guess).then((isRight) => {
      outcome.isRight = isRight;
      outcome.atMs = this.clock.monotonicMs();
    });
    return outcome;
  }

  async advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed++) {
      this.clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('a password', () => {
  it('is accepted immediately if it is right, while other guesses are wrong', async () => {
    const guessing = new Guessing();
    for (let count = 0; count < 15; count++) guessing.guess('wrong');
    const right = guessing.guess('right');
    await guessing.advance(1);
    expect(right).toEqual({ isRight: true, atMs: expect.closeTo(guessing.clock.monotonicMs(), -1) });
  });

  it('is accepted within 31 ms if it is right, for any number of waiting guesses from its address', async () => {
    const guessing = new Guessing();
    for (let count = 0; count < 1_000; count++) guessing.guess('wrong', count % 2 === 0);
    await guessing.advance(2_000);
    const start = guessing.clock.monotonicMs();
    const right = guessing.guess('right');
    await guessing.advance(40);
    expect(right.isRight).toBe(true);
    expect(right.atMs - start).toBeLessThanOrEqual(32);
  });

  it('is checked before those of connections that have guessed before, if it is right', async () => {
    const guessing = new Guessing();
    for (let count = 0; count < 100; count++) guessing.guess('wrong', false);
    const right = guessing.guess('right');
    for (let count = 0; count < 100; count++) guessing.guess('wrong', false);
    await guessing.advance(40);
    expect(right.isRight).toBe(true);
  });

  it('can be guessed 16 times at first, and then 32 times a second', async () => {
    const guessing = new Guessing();
    const loop = (): void => {
      guessing.guess('wrong');
    };
    for (let count = 0; count < 100; count++) loop();
    expect(guessing.wrong).toBe(16);
    for (let second = 1; second <= 5; second++) {
      for (let count = 0; count < 40; count++) loop();
      await guessing.advance(1_000);
      expect(guessing.wrong).toBe(16 + 32 * second);
    }
  });

  it('is answered 500 ms after its check if it is wrong, and leaves no timer', async () => {
    const guessing = new Guessing();
    const outcome = guessing.guess('wrong');
    await guessing.advance(499);
    expect(outcome.isRight).toBeUndefined();
    await guessing.advance(1);
    expect(outcome.isRight).toBe(false);
    expect(guessing.clock.pendingTimers).toBe(0);
  });

  it('is not checked for a disconnected client, and does not delay the next client', async () => {
    const guessing = new Guessing(500, 1);
    guessing.guess('wrong');
    const waits = guessing.guess('right', false);
    for (let count = 0; count < 1_000; count++) guessing.guess('wrong', true, () => false);
    await guessing.advance(500);
    expect(waits.isRight).toBe(true);
    expect(guessing.wrong).toBe(1);
  });

  it('is answered immediately if authFailureDelay is 0', async () => {
    const guessing = new Guessing(0);
    const outcomes = Array.from({ length: 100 }, () => guessing.guess('wrong'));
    await guessing.advance(1);
    expect(outcomes.every(({ isRight }) => isRight === false)).toBe(true);
  });
});
