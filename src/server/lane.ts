/**
 * Keeps what belongs together in order: the commands of one transaction, or those without one. A step begins
 * when the one before it has ended; when nothing is under way it begins at once.
 */
export class Lane {
  #last: Promise<unknown> | undefined;

  /** True when nothing is under way, so that a step need not be run here to be in order. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  run<R>(step: () => R | Promise<R>): R | Promise<R> {
    const result = this.#last === undefined ? step() : this.#last.then(step, step);
    return result instanceof Promise ? this.occupy(result) : result;
  }

  /** Like `run`, for a step whose order the store itself keeps: the next one need not wait for its end. */
  pass<R>(step: () => R | Promise<R>): R | Promise<R> {
    return this.#last === undefined ? step() : this.run(step);
  }

  /** Takes in a step that has begun already. REQUIRES: nothing was under way then. */
  occupy<R>(step: Promise<R>): Promise<R> {
    this.#last = step;
    const leave = (): void => {
      if (this.#last === step) this.#last = undefined;
    };
    step.then(leave, leave);
    return step;
  }
}
