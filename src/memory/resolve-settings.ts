import { checkCount, checkNumber, checkObject, checkOptions, invalidOption } from '../arguments/check.ts';
import { estimateSize } from '../codecs/values/estimate-size.ts';
import { systemClock } from '../contract/clock.ts';
import type { MemStoreOptions } from './mem-store-options.ts';
import type { Settings } from './settings.ts';
import { valueCopier } from './values/value-copier.ts';

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof MemStoreOptions>([
  'shards',
  'locks',
  'cache',
  'journal',
  'clone',
  'lockTimeout',
  'idleTimeout',
  'maxActiveTransactions',
  'maxTransactionWrites',
  'maxTransactionBytes',
  'maxUncommittedBytes',
  'maxKeyLength',
  'maxValueSize',
  'maxHistoryVersions',
  'maxHistoryBytes',
  'clock',
  'random',
]);

/**
 * The settings that the options ask for: every default is here, and nowhere else.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function resolveSettings(options: MemStoreOptions): Settings {
  checkOptions(options, OPTION_NAMES);
  const settings: Settings = {
    lockTimeoutMs: options.lockTimeout ?? 10_000,
    idleTimeoutMs: options.idleTimeout ?? 60_000,
    maxActiveTransactions: options.maxActiveTransactions ?? Number.POSITIVE_INFINITY,
    maxTransactionWrites: options.maxTransactionWrites ?? Number.POSITIVE_INFINITY,
    maxTransactionBytes: options.maxTransactionBytes ?? Number.POSITIVE_INFINITY,
    maxUncommittedBytes: options.maxUncommittedBytes ?? Number.POSITIVE_INFINITY,
    maxKeyLength: options.maxKeyLength ?? Number.POSITIVE_INFINITY,
    maxValueSize: options.maxValueSize ?? Number.POSITIVE_INFINITY,
    maxHistoryVersions: options.maxHistoryVersions ?? 1_000_000,
    maxHistoryBytes: options.maxHistoryBytes ?? Number.POSITIVE_INFINITY,
    copier: valueCopier(checkClone(options.clone)),
    estimateSize,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  checkNumber('lockTimeout', settings.lockTimeoutMs, 'not negative');
  checkNumber('idleTimeout', settings.idleTimeoutMs, 'positive');
  checkCount('maxActiveTransactions', settings.maxActiveTransactions, 'positive');
  checkCount('maxTransactionWrites', settings.maxTransactionWrites, 'positive');
  checkNumber('maxTransactionBytes', settings.maxTransactionBytes, 'positive');
  checkNumber('maxUncommittedBytes', settings.maxUncommittedBytes, 'positive');
  checkCount('maxKeyLength', settings.maxKeyLength, 'positive');
  checkNumber('maxValueSize', settings.maxValueSize, 'positive');
  checkCount('maxHistoryVersions', settings.maxHistoryVersions, 'not negative');
  checkNumber('maxHistoryBytes', settings.maxHistoryBytes, 'not negative');
  if (typeof settings.random !== 'function') throw invalidOption('random', 'a function', settings.random);
  checkObject('clock', settings.clock);
  return settings;
}

function checkClone(clone: MemStoreOptions['clone']): MemStoreOptions['clone'] {
  if (clone === undefined || clone === false || typeof clone === 'function') return clone;
  throw invalidOption('clone', 'false or a function', clone);
}
