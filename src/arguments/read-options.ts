import type { UpdateTtl } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type {
  CloseOptions,
  PutOptions,
  RunOptions,
  TouchOptions,
  TransactionOptions,
  UpdateOptions,
  WaitOptions,
} from '../contract/options.ts';
import { checkCount, checkFlag, checkNumber, checkOptions, invalidOption } from './check-options.ts';
import { checkTtl } from './ttl.ts';

// These functions read each option exactly once, when an operation is called. So options may have getters, be
// class instances or proxies, and later changes have no effect.

export const WAIT_NAMES: readonly (keyof WaitOptions)[] = ['signal', 'lockTimeout'];

const waitNames: ReadonlySet<string> = new Set(WAIT_NAMES);
const putNames: ReadonlySet<string> = new Set<keyof PutOptions>([...WAIT_NAMES, 'ttl']);
const updateNames: ReadonlySet<string> = new Set<keyof UpdateOptions>([...WAIT_NAMES, 'ttl', 'initialTtl']);
const transactionNames: ReadonlySet<string> = new Set<keyof TransactionOptions>([
  ...WAIT_NAMES,
  'readOnly',
  'age',
  'idleTimeout',
]);
const runNames: ReadonlySet<string> = new Set<keyof RunOptions>([
  ...WAIT_NAMES,
  'readOnly',
  'idleTimeout',
  'retryTimeout',
  'maxAttempts',
]);
const closeNames: ReadonlySet<string> = new Set<keyof CloseOptions>(['drainTimeout']);

/**
 * Reads the options of an operation that can wait. Returns undefined if all are absent.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readWaitOptions(options: WaitOptions | undefined): WaitOptions | undefined {
  if (options === undefined) return undefined;
  checkOptions(options, waitNames);
  return readWait(options);
}

/**
 * Reads the wait options of an object whose names were checked. Returns undefined if they are absent.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readWait(options: WaitOptions): WaitOptions | undefined {
  const signal = readSignal(options);
  const lockTimeout = readLockTimeout(options);
  return signal === undefined && lockTimeout === undefined ? undefined : { signal, lockTimeout };
}

/**
 * Reads the signal of an operation.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readSignal({ signal }: WaitOptions): AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidOption('signal', 'an AbortSignal', signal);
  return signal;
}

/**
 * Reads the lock timeout of an operation, in milliseconds.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readLockTimeout({ lockTimeout }: WaitOptions): number | undefined {
  if (lockTimeout !== undefined) checkNumber('lockTimeout', lockTimeout, 'not negative');
  return lockTimeout;
}

/** The checked options of a put. */
export interface PutRequest {
  readonly wait: WaitOptions | undefined;
  /** The TTL in milliseconds, or Infinity if the entry never expires. Undefined if the option is absent. */
  readonly ttlMs: number | undefined;
}

const PLAIN_PUT: PutRequest = { wait: undefined, ttlMs: undefined };

/**
 * Reads the options of a put.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readPutOptions(options: PutOptions | undefined): PutRequest {
  if (options === undefined) return PLAIN_PUT;
  checkOptions(options, putNames);
  const { ttl } = options;
  if (ttl !== undefined) checkTtl(ttl);
  return { wait: readWait(options), ttlMs: ttl };
}

/** The checked options of `update` and `increment`. */
export interface UpdateRequest {
  readonly wait: WaitOptions | undefined;
  /** Undefined if the entry keeps its deadline. */
  readonly ttl: UpdateTtl | undefined;
}

const PLAIN_UPDATE: UpdateRequest = { wait: undefined, ttl: undefined };

/**
 * Reads the options of `update` and `increment`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readUpdateOptions(options: UpdateOptions | undefined): UpdateRequest {
  if (options === undefined) return PLAIN_UPDATE;
  checkOptions(options, updateNames);
  const { ttl, initialTtl } = options;
  if (ttl !== undefined) checkTtl(ttl);
  if (initialTtl !== undefined) checkTtl(initialTtl, 'initialTtl');
  if (ttl !== undefined && initialTtl !== undefined)
    throw new MemStoreError('INVALID_OPTION', 'Give ttl or initialTtl, not both.');
  const ttlMs = ttl ?? initialTtl;
  return {
    wait: readWait(options),
    ttl: ttlMs === undefined ? undefined : { ttlMs, isInitial: ttl === undefined },
  };
}

/** Returns the options that give the time to live of an update. */
export function ttlOptions(ttl: UpdateTtl | undefined): UpdateOptions | undefined {
  if (ttl === undefined) return undefined;
  return ttl.isInitial ? { initialTtl: ttl.ttlMs } : { ttl: ttl.ttlMs };
}

/** The checked options of `touch`. */
export interface TouchRequest {
  readonly wait: WaitOptions | undefined;
  /** In milliseconds, or Infinity for ever. */
  readonly ttlMs: number;
}

/**
 * Reads the options of `touch`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readTouchOptions(options: TouchOptions): TouchRequest {
  checkOptions(options, putNames);
  const { ttl } = options;
  checkTtl(ttl);
  return { wait: readWait(options), ttlMs: ttl };
}

/** Shared by all snapshots that have no other options, so that reading their options allocates nothing. */
const SNAPSHOT: TransactionOptions = { readOnly: true };

/**
 * Reads the options of `begin`. Returns undefined if all are absent.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readTransactionOptions(
  options: TransactionOptions | undefined,
): TransactionOptions | undefined {
  if (options === undefined) return undefined;
  checkOptions(options, transactionNames);
  const { readOnly, age, idleTimeout } = options;
  checkFlag('readOnly', readOnly);
  if (age !== undefined && !(Number.isSafeInteger(age) && age >= 1)) throw invalidAge(age);
  if (idleTimeout !== undefined) checkNumber('idleTimeout', idleTimeout, 'positive');
  const signal = readSignal(options);
  const lockTimeout = readLockTimeout(options);
  const asksForMore = signal !== undefined || lockTimeout !== undefined || idleTimeout !== undefined;
  if (!asksForMore && age === undefined) return readOnly === true ? SNAPSHOT : undefined;
  return { signal, lockTimeout, readOnly, age, idleTimeout };
}

/** Returns the error for an age that is not the id of an earlier transaction. */
export function invalidAge(age: unknown): MemStoreError {
  return invalidOption('age', 'the age of an earlier transaction of this store', age);
}

const NO_OPTIONS = {};

/**
 * Reads the options of `transaction`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readRunOptions(options: RunOptions | undefined): RunOptions {
  if (options === undefined) return NO_OPTIONS;
  checkOptions(options, runNames);
  const { readOnly, idleTimeout, retryTimeout, maxAttempts } = options;
  checkFlag('readOnly', readOnly);
  if (idleTimeout !== undefined) checkNumber('idleTimeout', idleTimeout, 'positive');
  if (retryTimeout !== undefined) checkNumber('retryTimeout', retryTimeout, 'not negative');
  if (maxAttempts !== undefined) checkCount('maxAttempts', maxAttempts, 'positive');
  return {
    signal: readSignal(options),
    lockTimeout: readLockTimeout(options),
    readOnly,
    idleTimeout,
    retryTimeout,
    maxAttempts,
  };
}

/**
 * Reads the drain timeout of `close`, in milliseconds.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function readDrainTimeout(options: CloseOptions = NO_OPTIONS, defaultMs = 0): number {
  checkOptions(options, closeNames);
  const { drainTimeout = defaultMs } = options;
  checkNumber('drainTimeout', drainTimeout, 'not negative');
  return drainTimeout;
}
