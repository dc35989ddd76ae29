import { describe, expect, it } from 'vitest';
import { covers } from '../../src/contract/key-range.ts';
import { KeyLockManager } from '../../src/locks/key-locks/key-lock-manager.ts';
import { RangeQueue } from '../../src/locks/key-locks/range-queue.ts';
import { RangeWaiter } from '../../src/locks/key-locks/waiter.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

const KEYS = [...'abcdefghij'];

/** Adds and removes random ranges. After each step the queue must report every key that a range covers. */
function runBeside(seed: number): void {
  const random = seededRandom(seed);
  const pick = (): string => KEYS[Math.floor(random() * KEYS.length)] ?? '';
  const manager = new KeyLockManager({ abortVictim() {} });
  const queue = new RangeQueue();
  const waiting: RangeWaiter[] = [];
  for (let step = 1; step <= 2000; step++) {
    if (waiting.length < 4 && random() < 0.5) {
      const [from = '', to = ''] = [pick(), pick()].sort();
      const range = { from, to: random() < 0.2 ? undefined : to };
      const waiter = new RangeWaiter(manager.session({ id: step, age: step }), range);
      const ahead = random() < 0.5;
      waiter.ticket = ahead ? -step : step;
      if (ahead) queue.pushHead(waiter);
      else queue.pushTail(waiter);
      waiting.push(waiter);
    } else {
      for (const waiter of waiting.splice(Math.floor(random() * waiting.length), 1)) queue.remove(waiter);
    }
    for (const key of KEYS) {
      const isCovered = waiting.some(({ range }) => covers(range, key));
      if (isCovered && !queue.mayCover(key)) throw new Error(`step ${step}: the queue misses ${key}`);
      if (waiting.length === 0 && queue.mayCover(key))
        throw new Error(`step ${step}: the empty queue still reports ${key}`);
    }
  }
}

describe('RangeQueue', () => {
  for (const seed of [1, 2, 3])
    it(`misses no key that a waiting range covers, seed ${seed}`, () => runBeside(seed));

  it('reports no waiter for keys outside all ranges', () => {
    const queue = new RangeQueue();
    const session = new KeyLockManager({ abortVictim() {} }).session({ id: 1, age: 1 });
    queue.pushTail(new RangeWaiter(session, { from: 'c', to: 'e' }));
    expect(KEYS.filter((key) => queue.mayCover(key))).toEqual(['c', 'd']);
  });
});
