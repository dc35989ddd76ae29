import { describe, expect, it } from 'vitest';
import { KeyLock } from '../../src/locks/key-locks/key-lock.ts';
import { KeyLockManager } from '../../src/locks/key-locks/key-lock-manager.ts';
import { WaitQueue } from '../../src/locks/key-locks/wait-queue.ts';
import { KeyWaiter } from '../../src/locks/key-locks/waiter.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

/**
 * Adds requests at both ends and removes them anywhere. After each step the queue must equal a plain list.
 */
function runBeside(seed: number): void {
  const random = seededRandom(seed);
  const manager = new KeyLockManager({ abortVictim() {} });
  const lock = new KeyLock('k', false, undefined);
  const queue = new WaitQueue();
  const list: KeyWaiter[] = [];
  for (let step = 1; step <= 400; step++) {
    if (list.length < 6 && random() < 0.55) {
      const waiter = new KeyWaiter(manager.session({ id: step, age: step }), lock, random() < 0.4);
      const ahead = random() < 0.4;
      waiter.ticket = ahead ? -step : step;
      if (ahead) {
        queue.pushHead(waiter);
        list.unshift(waiter);
      } else {
        queue.pushTail(waiter);
        list.push(waiter);
      }
    } else {
      for (const waiter of list.splice(Math.floor(random() * list.length), 1)) queue.remove(waiter);
    }
    const exclusive = list.filter((waiter) => waiter.exclusive);
    expect(
      [...queue].map(({ ticket }) => ticket),
      `step ${step}`,
    ).toEqual(list.map(({ ticket }) => ticket));
    expect(
      queue.head === list[0] && queue.tail === list.at(-1) && queue.isEmpty() === (list.length === 0),
    ).toBe(true);
    expect(queue.firstExclusiveTicket).toBe(exclusive[0]?.ticket ?? Number.POSITIVE_INFINITY);
    for (const ticket of [...list.map((waiter) => waiter.ticket), Number.POSITIVE_INFINITY])
      expect(queue.lastExclusiveBefore(ticket)?.ticket).toBe(
        exclusive.findLast((waiter) => waiter.ticket < ticket)?.ticket,
      );
  }
}

describe('WaitQueue', () => {
  for (const seed of [1, 2])
    it(`keeps the order of its requests and knows the exclusive ones, seed ${seed}`, () => runBeside(seed));
});
