import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { BufferedBytes, type Buffering } from '../../src/server/buffered-bytes.ts';

class Holder implements Buffering {
  countedBytes = 0;
  wakes = 0;
  reason: string | undefined;

  wake(): void {
    this.wakes++;
  }

  cut(reason: string): void {
    this.reason = reason;
  }
}

function open(count: number) {
  const clock = new FakeClock();
  const all = new BufferedBytes(1_000, clock);
  const holders = Array.from({ length: count }, () => new Holder());
  for (const holder of holders) all.add(holder);
  return { clock, all, holders: holders as [Holder, Holder, Holder, ...Holder[]] };
}

describe('the bytes that a server buffers', () => {
  it('may be distributed freely up to half of the limit', () => {
    const { clock, all, holders } = open(3);
    all.count(holders[0], 500);
    expect(all.mustWait(holders[0])).toBe(false);
    expect(all.roomFor(holders[1])).toBe(500);
    expect(clock.pendingTimers).toBe(0);
  });

  it('above the half pause connections that hold more than their share, except one at a time', () => {
    const { all, holders } = open(5);
    const [first, second, third, small] = holders;
    all.count(first, 300);
    all.count(second, 200);
    all.count(third, 100);
    expect([first, second, third].map((holder) => all.mustWait(holder))).toEqual([false, true, true]);
    expect(all.mustWait(small as Holder)).toBe(false);
    all.count(small as Holder, 50);
    expect(all.mustWait(small as Holder)).toBe(false);
    // The second connection continues when the first has finished. All connections continue when there is
    // room.
    all.count(second, 500);
    all.count(first, 0);
    expect([second.wakes, third.wakes]).toEqual([1, 0]);
    expect([second, third].map((holder) => all.mustWait(holder))).toEqual([false, true]);
    all.count(second, 100);
    expect(third.wakes).toBeGreaterThan(0);
    expect(all.mustWait(third)).toBe(false);
  });

  it('cut off the connections that hold the most, if the half stays full for 5 seconds', () => {
    const { clock, all, holders } = open(3);
    all.count(holders[0], 100);
    all.count(holders[1], 400);
    all.count(holders[2], 300);
    clock.advance(4_999);
    expect(holders.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined]);
    clock.advance(1);
    expect(holders.map(({ reason }) => reason?.includes('maxBufferedBytes'))).toEqual([
      undefined,
      true,
      undefined,
    ]);
    expect(all.total).toBe(400);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are released once when a connection ends', () => {
    const { clock, all, holders } = open(3);
    all.count(holders[0], 600);
    all.remove(holders[0]);
    all.remove(holders[0]);
    all.count(holders[0], 700);
    expect(all.total).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
