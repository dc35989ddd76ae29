import { MemStoreError } from 'memstore-tx';
import type { Event } from './program.ts';

/** One step of a transaction under way, and what came of it. */
export class Operation {
  readonly event: Event;
  /** The number of its transaction. */
  readonly actor: number;
  /** What it puts, if it puts something: no two operations of a program put the same. */
  readonly value: string;
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
