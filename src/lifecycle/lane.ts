/**
 * Runs steps one at a time, in call order. A step is one command of a transaction, or one call of an
 * iterator. It begins immediately if the lane is free, and otherwise when the previous step has settled.
 */
export class Lane {
  #last: Promise<unknown> | undefined;

  /** Whether no step is running, so that the next one begins immediately. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  run<R>(step: () => R | Promise<R>): R | Promise<R> {
    const result = this.#last === undefined ? step() : this.#last.then(step, step);
    return result instanceof Promise ? this.occupy(result) : result;
  }

  /**
   * Runs a step without occupying the lane, so that the next step need not wait for it. Use it if the store
   * itself keeps the steps in order.
   */
  pass<R>(step: () => R | Promise<R>): R | Promise<R> {
    return this.#last === undefined ? step() : this.run(step);
  }

  /** Occupies the lane with a step that has already begun. REQUIRES: no step was running when it began. */
  occupy<R>(step: Promise<R>): Promise<R> {
    this.#last = step;
    const leave = (): void => {
      if (this.#last === step) this.#last = undefined;
    };
    step.then(leave, leave);
    return step;
  }
}
