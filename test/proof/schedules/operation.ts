import { MemStoreError } from 'memstore-tx';
import { keysOf, type LockSet, lockOn, NO_LOCKS, needsOf } from './lock-model.ts';
import { type Event, KEYS, type Key } from './program.ts';

/** One step of a transaction under way, and what came of it. */
export class Operation {
  readonly event: Event;
  /** The number of its transaction. */
  readonly actor: number;
  /** What it puts, if it puts something: no two operations of a program put the same. */
  readonly value: string;
  /** Made with a signal that was aborted before. */
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

  /** The keys that it is about. */
  get keys(): readonly Key[] {
    const { op, key } = this.event;
    if (key !== undefined) return [key];
    return op.startsWith('scan') ? KEYS : [];
  }

  /** Whether it is a scan that gave a row of this key. */
  found(key: unknown): boolean {
    return Array.isArray(this.result) && this.result.some(([other]) => other === key);
  }

  /**
   * The locks that its transaction has for certain now that it is done: scans that lock rows do so with those
   * that they found.
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

  /** Why it failed; undefined if it has not. */
  get code(): string | undefined {
    if (this.status !== 'failed') return undefined;
    return this.error instanceof MemStoreError ? this.error.code : String(this.error);
  }

  /** @param settled takes the operations in the order in which they settle */
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
