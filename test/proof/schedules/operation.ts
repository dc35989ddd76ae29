import { MemStoreError } from 'memstore-tx';
import { keysOf, type LockSet, lockOn, NO_LOCKS, needsOf } from './lock-model.ts';
import { type Event, KEYS, type Key } from './program.ts';

/** One step of a transaction, with its outcome. */
export class Operation {
  readonly event: Event;
  /** The number of the transaction of this operation. */
  readonly actor: number;
  /** The value that the operation puts. The values of all operations of a program are different. */
  readonly value: string;
  /** Whether the signal of the operation was already aborted at the call. */
  isAbortedBefore = false;
  status: 'pending' | 'done' | 'failed' = 'pending';
  result: unknown = undefined;
  error: unknown = undefined;

  constructor(event: Event, actor: number, index: number) {
    this.event = event;
    this.actor = actor;
    this.value = `${actor}:${index}`;
  }

  get name(): string {
    const { op, key } = this.event;
    return `${op}(${key ?? ''}) of ${this.actor}`;
  }

  /** Returns the keys that the operation reads or writes. */
  get keys(): readonly Key[] {
    const { op, key } = this.event;
    if (key !== undefined) return [key];
    return op.startsWith('scan') ? KEYS : [];
  }

  /** Returns whether the operation is a scan that returned a row with this key. */
  found(key: unknown): boolean {
    return Array.isArray(this.result) && this.result.some(([other]) => other === key);
  }

  /**
   * Returns the locks that its transaction certainly holds after this operation. A scan that locks rows holds
   * locks on the rows that it found.
   */
  get gained(): LockSet {
    const { event, result } = this;
    if (this.status !== 'done') return NO_LOCKS;
    const needs = needsOf(event);
    if (!Array.isArray(result)) return needs;
    let locks = event.op === 'scanSkipLocked' ? NO_LOCKS : keysOf(needs);
    if (event.op === 'scan' || event.op === 'scanNoWait') return locks;
    for (const key of this.keys) if (this.found(key)) locks |= lockOn(key, true);
    return locks;
  }

  /** Returns the error code of the operation, or `undefined` if the operation has not failed. */
  get code(): string | undefined {
    if (this.status !== 'failed') return undefined;
    return this.error instanceof MemStoreError ? this.error.code : String(this.error);
  }

  /**
   * Follows the promise of the operation.
   * @param settled receives the operations in the order in which they settle
   */
  follow(promise: Promise<unknown>, settled: Operation[]): void {
    promise.then(
      (result) => {
        this.status = 'done';
        this.result = result;
        settled.push(this);
      },
      (error: unknown) => {
        this.status = 'failed';
        this.error = error;
        settled.push(this);
      },
    );
  }
}
