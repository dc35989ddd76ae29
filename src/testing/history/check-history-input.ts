import { MemStoreError } from '../../index.ts';
import type { HistoryOptions } from './check-history.ts';
import type { History, HistoryTransaction, Operation } from './history.ts';
import { ISOLATION_LEVELS } from './isolation-level.ts';

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof HistoryOptions>([
  'level',
  'versionOrder',
  'commitOrder',
]);
const STATUSES: readonly string[] = [
  'committed',
  'aborted',
  'unknown',
] satisfies HistoryTransaction['status'][];
const TYPES: readonly string[] = ['append', 'write', 'delete', 'read', 'scan'] satisfies Operation['type'][];

/**
 * Checks that a history matches its types. Without this check, an operation with a misspelled type would be
 * skipped and the history could be reported as valid.
 * @throws TypeError
 */
export function checkHistoryInput(history: History): void {
  const { transactions } = asObject(history, 'The history');
  if (!Array.isArray(transactions)) throw wrong('transactions of the history', 'an array', transactions);
  for (let place = 0; place < transactions.length; place++) checkTransaction(transactions[place], place);
}

/**
 * Checks the options of `checkHistory`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkHistoryOptions(options: HistoryOptions): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'an object', options);
  for (const name of Object.keys(options))
    if (!OPTION_NAMES.has(name))
      throw invalidOption('every option', `one of ${[...OPTION_NAMES].join(', ')}`, name);
  const { level, versionOrder, commitOrder } = options;
  if (level !== undefined && !ISOLATION_LEVELS.includes(level))
    throw invalidOption('level', `one of ${ISOLATION_LEVELS.join(', ')}`, level);
  if (versionOrder !== undefined && !(versionOrder instanceof Map))
    throw invalidOption('versionOrder', 'a Map from keys to arrays of values', versionOrder);
  for (const [key, values] of versionOrder ?? [])
    if (!Array.isArray(values) || !values.every(isValue))
      throw invalidOption(`versionOrder of ${JSON.stringify(key)}`, 'an array of values', values);
  if (commitOrder !== undefined && !(Array.isArray(commitOrder) && commitOrder.every(isId)))
    throw invalidOption('commitOrder', 'an array of transaction ids', commitOrder);
}

function checkTransaction(given: unknown, place: number): void {
  const { id, status, beginAt, endAt, operations } = asObject(given, `Transaction number ${place}`);
  if (!isId(id)) throw wrong(`id of transaction number ${place}`, 'a number or a string', id);
  const name = `transaction ${String(id)}`;
  if (!STATUSES.includes(status as string))
    throw wrong(`status of ${name}`, `one of ${STATUSES.join(', ')}`, status);
  if (!isTime(beginAt)) throw wrong(`beginAt of ${name}`, 'a number', beginAt);
  if (!isTime(endAt)) throw wrong(`endAt of ${name}`, 'a number', endAt);
  if (!Array.isArray(operations)) throw wrong(`operations of ${name}`, 'an array', operations);
  for (let index = 0; index < operations.length; index++)
    checkOperation(operations[index], `operation ${index} of ${name}`);
}

function checkOperation(given: unknown, name: string): void {
  const { type, key, value, range, entries, reverse } = asObject(given, name);
  if (!TYPES.includes(type as string)) throw wrong(`type of ${name}`, `one of ${TYPES.join(', ')}`, type);
  if (type === 'scan') {
    const { from, to } = asObject(range, `The range of ${name}`);
    if (typeof from !== 'string') throw wrong(`range.from of ${name}`, 'a string', from);
    if (to !== undefined && typeof to !== 'string') throw wrong(`range.to of ${name}`, 'a string', to);
    if (reverse !== undefined && typeof reverse !== 'boolean')
      throw wrong(`reverse of ${name}`, 'a boolean', reverse);
    if (!Array.isArray(entries)) throw wrong(`entries of ${name}`, 'an array', entries);
    for (let index = 0; index < entries.length; index++)
      checkEntry(entries[index], `entry ${index} of ${name}`);
    return;
  }
  if (typeof key !== 'string') throw wrong(`key of ${name}`, 'a string', key);
  if (type === 'read') {
    if (!isReadValue(value))
      throw wrong(`value of ${name}`, 'a string, number, bigint, list of these, or undefined', value);
  } else if (!isValue(value) && (type !== 'delete' || value !== undefined))
    throw wrong(`value of ${name}`, 'a string, number or bigint', value);
}

function checkEntry(entry: unknown, name: string): void {
  if (
    !Array.isArray(entry) ||
    typeof entry[0] !== 'string' ||
    entry[1] === undefined ||
    !isReadValue(entry[1])
  )
    throw wrong(name, 'a pair of a key and a value', entry);
}

function isId(id: unknown): boolean {
  return typeof id === 'string' || (typeof id === 'number' && !Number.isNaN(id));
}

function isTime(time: unknown): boolean {
  return time === undefined || (typeof time === 'number' && !Number.isNaN(time));
}

function isValue(value: unknown): boolean {
  return isId(value) || typeof value === 'bigint';
}

/**
 * Returns whether a read may return this value. Uses `findIndex`, which visits holes: a hole in a list is not
 * a value.
 */
function isReadValue(value: unknown): boolean {
  if (value === undefined || isValue(value)) return true;
  return Array.isArray(value) && value.findIndex((element) => !isValue(element)) === -1;
}

function asObject(given: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null) return given as Readonly<Record<string, unknown>>;
  throw new TypeError(`${what} must be an object, got ${shown(given)}.`);
}

function wrong(what: string, rule: string, given: unknown): TypeError {
  return new TypeError(`The ${what} must be ${rule}, got ${shown(given)}.`);
}

function invalidOption(name: string, rule: string, given: unknown): MemStoreError {
  return new MemStoreError('INVALID_OPTION', `${name} must be ${rule}, got ${shown(given)}.`);
}

/** Returns a short text for a value. Never runs code of the value, such as a `toString` method. */
function shown(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(given.slice(0, 64));
  if (Array.isArray(given)) return 'an array';
  if (typeof given === 'object' && given !== null) return 'an object';
  return typeof given === 'function' ? 'a function' : String(given);
}
