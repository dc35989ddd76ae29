import { NO_MORE } from './batch.ts';

interface Call<B> {
  readonly resolve: (result: IteratorResult<B, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/** The calls of `next()` of one feed that wait for a batch, in call order. */
export class WaitingCalls<B> {
  readonly #calls: Call<B>[] = [];

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Adds a call. Returns a promise of its result. */
  add(): Promise<IteratorResult<B, undefined>> {
    return new Promise((resolve, reject) => this.#calls.push({ resolve, reject }));
  }

  /** Resolves the first call with a batch. REQUIRES: a call waits, or the feed has ended. */
  deliver(batch: B): void {
    this.#calls.shift()?.resolve({ done: false, value: batch });
  }

  /** Rejects the first call. Returns false if no call waits. */
  reject(error: unknown): boolean {
    const call = this.#calls.shift();
    call?.reject(error);
    return call !== undefined;
  }

  /** Resolves all calls with `done: true`. */
  end(): void {
    for (const { resolve } of this.#calls.splice(0)) resolve(NO_MORE);
  }
}
