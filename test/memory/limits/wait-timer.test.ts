import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { type Deadline, WaitTimer } from '../../../src/memory/limits/wait-timer.ts';
import { assertRejects } from '../../../src/testing/assert.ts';
import { openStore, turn } from '../open-store.ts';

class Wait implements Deadline {
  deadlineMs = 0;
  readonly timeoutMs: number;
  readonly #ended: string[];
  readonly #name: string;
  constructor(name: string, timeoutMs: number, ended: string[]) {
    this.#name = name;
    this.timeoutMs = timeoutMs;
    this.#ended = ended;
  }
  expire(): void {
    this.#ended.push(this.#name);
  }
}

describe('WaitTimer', () => {
  it('ends each wait at its own time, with one timer for all', () => {
    const clock = new FakeClock();
    const timer = new WaitTimer(clock);
    const ended: string[] = [];
    timer.add(new Wait('long', 100, ended));
    timer.add(new Wait('short', 10, ended));
    clock.advance(5);
    timer.add(new Wait('late', 10, ended));
    expect(clock.pendingTimers).toBe(1);
    clock.advance(5);
    expect(ended).toEqual(['short']);
    clock.advance(4);
    expect(ended).toEqual(['short']);
    clock.advance(1);
    expect(ended).toEqual(['short', 'late']);
    clock.advance(85);
    expect(ended).toEqual(['short', 'late', 'long']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps the process alive as long as a wait without a limit is pending', () => {
    const clock = new FakeClock();
    const timer = new WaitTimer(clock);
    const ended: string[] = [];
    const [endless, short] = [
      new Wait('endless', Number.POSITIVE_INFINITY, ended),
      new Wait('short', 10, ended),
    ];
    timer.add(endless);
    expect(clock.keepAliveTimers).toBe(1);
    timer.add(short);
    clock.advance(30 * 24 * 3_600_000);
    expect(ended).toEqual(['short']);
    expect(clock.keepAliveTimers).toBe(1);
    timer.remove(endless);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer behind when the last wait is removed, and keeps the process alive until then', () => {
    const clock = new FakeClock();
    const timer = new WaitTimer(clock);
    const ended: string[] = [];
    const waits = [new Wait('a', 10, ended), new Wait('b', 20, ended)];
    for (const wait of waits) timer.add(wait);
    expect(clock.keepAliveTimers).toBe(1);
    for (const wait of waits) timer.remove(wait);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(100);
    expect(ended).toEqual([]);
  });

  it('does not end a wait that another one ended in the same moment', async () => {
    const clock = new FakeClock();
    const timer = new WaitTimer(clock);
    const ended: string[] = [];
    const second = new Wait('second', 10, ended);
    const first = new Wait('first', 10, ended);
    first.expire = (): void => timer.remove(second);
    timer.add(first);
    timer.add(second);
    timer.add(new Wait('third', 10, ended));
    clock.advance(10);
    // Waits that end at the same moment end in separate microtasks.
    await turn();
    expect(ended).toEqual(['third']);
  });

  it('never ends a wait without a limit, and does not end a very long one too soon', () => {
    const clock = new FakeClock();
    const timer = new WaitTimer(clock);
    const ended: string[] = [];
    timer.add(new Wait('endless', Number.POSITIVE_INFINITY, ended));
    expect(clock.pendingTimers).toBe(1);
    timer.add(new Wait('two months', 60 * 86_400_000, ended));
    clock.advance(59 * 86_400_000);
    expect(ended).toEqual([]);
    clock.advance(86_400_000);
    expect(ended).toEqual(['two months']);
  });
});

describe('two lock timeouts in the same moment', () => {
  it('do not end a wait whose lock is granted when the other wait ends', async () => {
    const { store, clock } = openStore({ lockTimeout: 10 });
    const [reader, writer, late] = [await store.begin(), await store.begin(), await store.begin()];
    await reader.get('k');
    const writing = writer.put('k', 1);
    const reading = late.get('k');
    clock.advance(10);
    await assertRejects(writing, 'LOCK_TIMEOUT');
    expect(await reading).toBeUndefined();
  });
});
