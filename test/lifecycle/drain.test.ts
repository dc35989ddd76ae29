import { describe, expect, it } from 'vitest';
import { Drain } from '../../src/lifecycle/drain.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';

describe('Drain', () => {
  it('waits until the last transaction has ended, and leaves no timer', async () => {
    const clock = new FakeClock();
    const drain = new Drain();
    const waiting = drain.wait(clock, 1_000);
    expect(clock.pendingTimers).toBe(1);
    drain.finish();
    await waiting;
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits no longer than its timeout', async () => {
    const clock = new FakeClock();
    const drain = new Drain();
    let isOver = false;
    const waiting = drain.wait(clock, 1_000).then(() => {
      isOver = true;
    });
    clock.advance(999);
    await Promise.resolve();
    expect(isOver).toBe(false);
    clock.advance(1);
    await waiting;
  });
});
