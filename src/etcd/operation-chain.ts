import { abortedBy } from '../lifecycle/cancellation.ts';

/** The work of an operation. It stops waiting when the signal is aborted. */
export type Work<T> = (cancelled: AbortSignal) => Promise<T>;

/** An operation that was called and has not settled. */
class Pending<T> {
  readonly number: number;
  readonly promise: Promise<T>;
  readonly #controller = new AbortController();
  #resolve: (result: T) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  isSettled = false;

  constructor(number: number) {
    this.number = number;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async run(work: Work<T>): Promise<void> {
    if (this.isSettled) return;
    const result = await work(this.#controller.signal);
    if (this.isSettled) return;
    this.isSettled = true;
    this.#resolve(result);
  }

  fail(error: unknown): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#reject(error);
    this.#controller.abort(error);
  }

  /** Prevents an unhandled rejection, because other code handles the failure. */
  silence(): void {
    this.promise.catch(() => {});
  }
}

/** The operations of one transaction. They run one at a time, in call order. Each can be cancelled. */
export class OperationChain {
  readonly #pending = new Set<Pending<unknown>>();
  readonly #onFailure: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #calls = 0;

  /** @param onFailure called when an operation fails and was not cancelled by `cancelSince` */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** The number of the latest call. */
  get calls(): number {
    return this.#calls;
  }

  get isBusy(): boolean {
    for (const { isSettled } of this.#pending) if (!isSettled) return true;
    return false;
  }

  /** Runs the work after every earlier operation has settled, unless the signal is aborted first. */
  add<T>(work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    const pending = new Pending<T>(++this.#calls);
    const fail = (error: unknown): void => {
      if (pending.isSettled) return;
      pending.fail(error);
      this.#onFailure(error);
    };
    const onAbort = (): void => fail(abortedBy(signal));
    this.#pending.add(pending as Pending<unknown>);
    signal?.addEventListener('abort', onAbort);
    this.#last = this.#last.then(async () => {
      await pending.run(work).catch(fail);
      this.#pending.delete(pending as Pending<unknown>);
      signal?.removeEventListener('abort', onAbort);
    });
    return pending.promise;
  }

  /**
   * Runs an action after all earlier operations have settled, including cancelled ones. The action must not
   * throw.
   */
  inTurn(action: () => void): Promise<void> {
    if (!this.isBusy) return Promise.resolve(action());
    this.#last = this.#last.then(action);
    return this.#last;
  }

  /** Resolves when all currently pending operations have settled. The caller handles their failures. */
  settled(): Promise<void> {
    for (const pending of this.#pending) pending.silence();
    return this.#last;
  }

  /** Cancels the operations that were called after the call with this number. */
  cancelSince(number: number, error: unknown): void {
    for (const pending of this.#pending) {
      if (pending.number <= number) continue;
      pending.silence();
      pending.fail(error);
    }
  }
}
