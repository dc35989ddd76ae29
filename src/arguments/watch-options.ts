import type { ChangeValues, FeedMode, WatchOptions, WatchRange } from '../contract/changes.ts';
import { type KeyRange, type RangeBounds, toKeyRange } from '../contract/key-range.ts';
import { checkKey } from './check-keys.ts';
import {
  checkCount,
  checkFlag,
  checkNames,
  checkNumber,
  checkObject,
  checkOptions,
  invalidOption,
} from './check-options.ts';
import { readSignal } from './read-options.ts';
import { BOUNDS, checkBounds } from './scan-options.ts';

const rangeNames: ReadonlySet<string> = new Set<keyof WatchRange>(BOUNDS);
const watchNames: ReadonlySet<string> = new Set<keyof WatchOptions>([
  'signal',
  'initial',
  'since',
  'mode',
  'values',
  'maxBuffered',
  'maxBufferedBytes',
]);
const MODES: readonly FeedMode[] = ['all', 'latest'];
const VALUES: readonly ChangeValues[] = ['new', 'both', 'none'];

const DEFAULT_MAX_BUFFERED = 10_000;
const DEFAULT_MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** The checked arguments of `watch`, complete. */
export interface WatchRequest {
  /** One key, or the bounds of a range. */
  readonly range: string | RangeBounds;
  /** The same as a key or an interval, which may be empty. */
  readonly target: string | KeyRange;
  readonly signal: AbortSignal | undefined;
  readonly initial: boolean;
  readonly since: string | undefined;
  readonly mode: FeedMode;
  readonly values: ChangeValues;
  readonly maxBuffered: number;
  readonly maxBufferedBytes: number;
}

/**
 * Reads the arguments of `watch`.
 * @throws {MemStoreError} INVALID_KEY, INVALID_OPTION; or the error of an accessor of the options
 */
export function readWatch(range: unknown, options: WatchOptions | undefined = {}): WatchRequest {
  const watched = readRange(range);
  checkOptions(options, watchNames);
  const { initial, since, mode = 'all', values = 'new' } = options;
  const { maxBuffered = DEFAULT_MAX_BUFFERED, maxBufferedBytes = DEFAULT_MAX_BUFFERED_BYTES } = options;
  checkFlag('initial', initial);
  if (since !== undefined && typeof since !== 'string') throw invalidOption('since', 'a revision', since);
  if (initial && since !== undefined) throw invalidOption('since', 'used without initial: true', since);
  checkOneOf('mode', mode, MODES);
  checkOneOf('values', values, VALUES);
  checkCount('maxBuffered', maxBuffered, 'positive');
  checkNumber('maxBufferedBytes', maxBufferedBytes, 'positive');
  const signal = readSignal(options);
  return {
    range: watched,
    target: typeof watched === 'string' ? watched : toKeyRange(watched),
    signal,
    initial: initial ?? false,
    since,
    mode,
    values,
    maxBuffered,
    maxBufferedBytes,
  };
}

function readRange(range: unknown): string | RangeBounds {
  if (range === undefined) return {};
  if (typeof range !== 'object') {
    checkKey(range);
    return range as string;
  }
  checkObject('range', range);
  checkNames(range as object, rangeNames);
  const { gt, gte, lt, lte, prefix } = range as WatchRange;
  const bounds = { gt, gte, lt, lte, prefix };
  checkBounds(bounds);
  return bounds;
}

function checkOneOf(name: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  throw invalidOption(name, known.map((word) => JSON.stringify(word)).join(' or '), value);
}
