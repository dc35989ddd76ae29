import { covers, type KeyRange } from '../../contract/key-range.ts';
import { WaitQueue } from './wait-queue.ts';
import type { Waiter } from './waiter.ts';

/**
 * The requests that wait for ranges. For most keys, `mayCover` shows immediately that no range covers them.
 */
export class RangeQueue extends WaitQueue {
  /** The smallest range that covers all ranges requested since the queue was last empty. */
  #hull: KeyRange | undefined = undefined;

  mayCover(key: string): boolean {
    return this.#hull !== undefined && covers(this.#hull, key);
  }

  override pushTail(waiter: Waiter): void {
    super.pushTail(waiter);
    this.#widen(waiter.range);
  }

  override pushHead(waiter: Waiter): void {
    super.pushHead(waiter);
    this.#widen(waiter.range);
  }

  override remove(waiter: Waiter): void {
    super.remove(waiter);
    if (this.isEmpty()) this.#hull = undefined;
  }

  #widen(range: KeyRange | undefined): void {
    if (range === undefined) return;
    const hull = this.#hull ?? range;
    this.#hull = {
      from: range.from < hull.from ? range.from : hull.from,
      to:
        hull.to === undefined || range.to === undefined ? undefined : range.to > hull.to ? range.to : hull.to,
    };
  }
}
