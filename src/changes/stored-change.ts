import type { ChangeCause, ChangeValues } from '../contract/changes.ts';

/** The heap bytes of a change besides its key and values: the change and its place in the lists. */
const CHANGE_BYTES = 100;

/** The change of one entry, with the values as they are stored. All feeds share it. */
export class StoredChange {
  readonly key: string;
  /** The new value; undefined if the entry was removed. */
  readonly value: unknown;
  /** The previous value; undefined if there was no entry, or if no feed wants previous values. */
  readonly previous: unknown;
  /** True if there was an entry before the change. */
  readonly existed: boolean;
  readonly expiresAtMs: number | undefined;
  readonly cause: ChangeCause;
  /** The estimated bytes that the change takes; undefined until they are first needed. */
  #bytes: number | undefined = undefined;

  constructor(
    key: string,
    value: unknown,
    previous: unknown,
    existed: boolean,
    expiresAtMs: number | undefined,
    cause: ChangeCause,
  ) {
    this.key = key;
    this.value = value;
    this.previous = previous;
    this.existed = existed;
    this.expiresAtMs = expiresAtMs;
    this.cause = cause;
  }

  /** Returns the bytes that the change takes. Estimates them only in the first call. */
  bytes(estimateSize: (value: unknown, key: string) => number): number {
    this.#bytes ??=
      CHANGE_BYTES +
      estimateSize(this.value, this.key) +
      (this.previous === undefined ? 0 : estimateSize(this.previous, ''));
    return this.#bytes;
  }
}

/** A change as a feed yields it. */
export interface ReadChange {
  key: string;
  value?: unknown;
  previous?: unknown;
  expiresAt?: number;
  cause: ChangeCause;
}

/**
 * Returns a change with copies of the values that a feed delivers.
 * @param load returns a copy of a value that is stored
 */
export function readChange(
  change: StoredChange,
  values: ChangeValues,
  load: (stored: unknown) => unknown,
): ReadChange {
  const { key, value, previous, expiresAtMs, cause } = change;
  const read: ReadChange = { key, cause };
  if (values !== 'none' && value !== undefined) read.value = load(value);
  if (values === 'both' && change.existed) read.previous = load(previous);
  if (expiresAtMs !== undefined) read.expiresAt = expiresAtMs;
  return read;
}

/**
 * Returns the net effect of two changes of one key, or undefined if there is none.
 * @param last the change after `first`
 */
export function mergeChanges(first: StoredChange, last: StoredChange): StoredChange | undefined {
  if (!first.existed && last.value === undefined) return undefined;
  // The consumer has not seen the value of the first change, so `touch` alone would be wrong.
  const cause = last.cause === 'touch' ? first.cause : last.cause;
  return new StoredChange(last.key, last.value, first.previous, first.existed, last.expiresAtMs, cause);
}
