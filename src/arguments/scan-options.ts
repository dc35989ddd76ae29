import type { RangeBounds } from '../contract/key-range.ts';
import type { ClearOptions, RangeOptions, WaitOptions } from '../contract/options.ts';
import { checkCount, checkFlag, checkOptions, invalidOption } from './check-options.ts';
import { readLockTimeout, readSignal, readWait, WAIT_NAMES } from './read-options.ts';

/** The names of the bounds of a range. */
export const BOUNDS = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const;
const FLAGS = ['reverse', 'forUpdate', 'skipLocked'] as const;

const rangeNames: ReadonlySet<string> = new Set<keyof RangeOptions>([
  ...WAIT_NAMES,
  ...BOUNDS,
  ...FLAGS,
  'limit',
]);

/**
 * The options of a scan. They are read once, when `entries()` is called, so later changes have no effect.
 * `check` throws for invalid options at the first row.
 */
export class ScanOptions implements RangeOptions {
  readonly gt: string | undefined = undefined;
  readonly gte: string | undefined = undefined;
  readonly lt: string | undefined = undefined;
  readonly lte: string | undefined = undefined;
  readonly prefix: string | undefined = undefined;
  readonly reverse: boolean | undefined = undefined;
  readonly limit: number | undefined = undefined;
  readonly forUpdate: boolean | undefined = undefined;
  readonly skipLocked: boolean | undefined = undefined;
  readonly signal: AbortSignal | undefined = undefined;
  readonly lockTimeout: number | undefined = undefined;
  /** The error for invalid options: INVALID_OPTION, or the error that a getter threw. */
  readonly #refusal: { readonly error: unknown } | undefined;

  private constructor(options: RangeOptions | undefined) {
    if (options === undefined) return;
    try {
      checkOptions(options, rangeNames);
      Object.assign(this, readRange(options));
    } catch (error) {
      this.#refusal = { error };
    }
  }

  /** Reads the options, unless they already are a `ScanOptions`. Never throws. */
  static of(options: RangeOptions | undefined): ScanOptions {
    return options instanceof ScanOptions ? options : new ScanOptions(options);
  }

  /** The wait options of each row. Undefined if there are none. */
  get wait(): WaitOptions | undefined {
    const { signal, lockTimeout } = this;
    return signal === undefined && lockTimeout === undefined ? undefined : { signal, lockTimeout };
  }

  /**
   * Throws if the options are invalid.
   * @throws {MemStoreError} INVALID_OPTION; or the error that a getter of the options threw
   */
  check(): void {
    if (this.#refusal !== undefined) throw this.#refusal.error;
  }
}

const clearNames: ReadonlySet<string> = new Set<keyof ClearOptions>([...WAIT_NAMES, ...BOUNDS]);

/** The checked options of `clear`. */
export interface ClearRequest {
  readonly wait: WaitOptions | undefined;
  readonly range: RangeBounds;
}

/**
 * Reads the options of `clear`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readClearOptions(options: ClearOptions = {}): ClearRequest {
  checkOptions(options, clearNames);
  const { gt, gte, lt, lte, prefix } = options;
  const range = { gt, gte, lt, lte, prefix };
  checkBounds(range);
  return { wait: readWait(options), range };
}

/**
 * Checks the bounds of a range.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkBounds(range: RangeBounds): void {
  for (const bound of BOUNDS) {
    const key: unknown = range[bound];
    if (key !== undefined && typeof key !== 'string') throw invalidOption(bound, 'a string', key);
  }
}

function readRange(options: RangeOptions): RangeOptions {
  const { gt, gte, lt, lte, prefix, reverse, limit, forUpdate, skipLocked } = options;
  const range = {
    gt,
    gte,
    lt,
    lte,
    prefix,
    reverse,
    limit,
    forUpdate,
    skipLocked,
    signal: readSignal(options),
    lockTimeout: readLockTimeout(options),
  };
  checkBounds(range);
  if (limit !== undefined) checkCount('limit', limit, 'not negative');
  for (const flag of FLAGS) checkFlag(flag, range[flag]);
  if (skipLocked && !forUpdate) throw invalidOption('forUpdate', 'true if skipLocked is true', forUpdate);
  return range;
}
