/**
 * Runs steps one at a time, in the order of the calls: the commands of one transaction, or the calls of one
 * iterator. A step begins at once when the lane is free, and otherwise when the step before it has settled.
 */
export class Lane {
  #last: Promise<unknown> | undefined;

  /** True when no step is under way, so that the next one begins at once. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  run<R>(step: () => R | Promise<R>): R | Promise<R> {
    const result = this.#last === undefined ? step() : this.#last.then(step, step);
    return result instanceof Promise ? this.occupy(result) : result;
  }

  /** Runs a step whose order the store itself keeps: the next step need not wait for its end. */
  pass<R>(step: () => R | Promise<R>): R | Promise<R> {
    return this.#last === undefined ? step() : this.run(step);
  }

  /** Occupies the lane with a step that has begun. REQUIRES: no step was under way when it began. */
  occupy<R>(step: Promise<R>): Promise<R> {
    this.#last = step;
    const leave = (): void => {
      if (this.#last === step) this.#last = undefined;
    };
    step.then(leave, leave);
    return step;
  }
}
