/** Wraps an error of a function that the caller gave. The operation rejects with the error itself. */
export class CallerError {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
