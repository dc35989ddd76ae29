/** The outcome of a command: its result or the code of its error. */
export type Outcome = { readonly result: unknown } | { readonly code: string };

export const REFUSED: Outcome = { code: 'LOCK_UNAVAILABLE' };
export const DONE: Outcome = { result: undefined };
export const LIMIT_EXCEEDED: Outcome = { code: 'LIMIT_EXCEEDED' };
