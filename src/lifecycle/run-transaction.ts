import { checkFunction } from '../arguments/check-options.ts';
import { readRunOptions } from '../arguments/read-options.ts';
import type { Clock, Timer } from '../contract/clock.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { RunOptions, TransactionOptions } from '../contract/options.ts';
import type { Store } from '../contract/store.ts';
import type { Transaction } from '../contract/transaction.ts';
import { abortedBy } from './cancellation.ts';
import { ContestedKeys } from './contested-keys.ts';

const RETRY_TIMEOUT_MS = 30_000;
// The first retry comes soon, because the rollback of the victim has resolved the deadlock. Later retries
// wait longer.
const FIRST_BACKOFF_MS = 1;
const LONGEST_BACKOFF_MS = 100;

/** The parameters of a run that come from the store or the test. */
export interface RunEnvironment {
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** The default lock timeout of the store. `undefined` if it is unknown. */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * True if the work is a single operation of the store. Then a lock timeout is not retried. Only an error
   * that ends the transaction, such as a deadlock, causes a retry.
   */
  readonly isOneShot?: boolean;
}

/**
 * Runs the work in a transaction until it commits. The work may run several times, so its effects outside the
 * transaction must be repeatable.
 *
 * Runs the work again if the transaction ended with a retryable error, whatever the work itself threw. Also
 * runs it again if the work throws a retryable error of one of its operations. A retry keeps the age of the
 * first attempt. So it eventually is the oldest transaction, and the oldest is never a victim (as in
 * wound-wait; Rosenkrantz, Stearns and Lewis, 1978). The delay between attempts grows and is random (full
 * jitter), so that the same transactions do not meet again. If they do, the next attempt locks the {@link
 * ContestedKeys} first.
 */
export async function runTransaction<S extends object, R>(
  store: Pick<Store<S>, 'begin'>,
  work: (tx: Transaction<S>) => R | Promise<R>,
  options: RunOptions | undefined,
  environment: RunEnvironment,
): Promise<R> {
  // Keep the local variables few: each one that lives across an await costs memory in every run.
  const run = new Run(work, options, environment);
  for (;;) {
    let tx: Transaction<S> | undefined;
    let stopFollowing: (() => void) | undefined;
    try {
      // For a snapshot, the overloads of `transaction` give the work a narrower type.
      tx = (await store.begin(run.beginOptions)) as Transaction<S>;
      if (run.signal !== undefined) stopFollowing = follow(run.signal, tx);
      if (run.contested !== undefined) await run.lockContested(run.contested, tx);
      const result = await work(tx);
      if (tx.status === 'active') await tx.commit();
      else await endByHand(tx);
      return result;
    } catch (thrown) {
      await run.prepareRetry(tx, thrown);
    } finally {
      stopFollowing?.();
    }
  }
}

/** The progress and the limits of one run. */
class Run {
  readonly #environment: RunEnvironment;
  readonly #readOnly: boolean | undefined;
  readonly #lockTimeout: number | undefined;
  readonly #idleTimeout: number | undefined;
  readonly #maxAttempts: number;
  readonly #lastStartMs: number;
  readonly signal: AbortSignal | undefined;
  #attempts = 1;
  /**
   * The options of the next `begin`. Usually undefined for the first attempt, so that the store reads no
   * options.
   */
  beginOptions: TransactionOptions | undefined;
  /** The keys of earlier deadlocks. Undefined before the first deadlock. */
  contested: ContestedKeys | undefined = undefined;

  constructor(work: unknown, options: RunOptions | undefined, environment: RunEnvironment) {
    checkFunction('work', work);
    const {
      readOnly,
      lockTimeout,
      idleTimeout,
      signal,
      retryTimeout = RETRY_TIMEOUT_MS,
      maxAttempts = Number.POSITIVE_INFINITY,
    } = readRunOptions(options);
    this.#environment = environment;
    this.#readOnly = readOnly;
    this.#lockTimeout = lockTimeout;
    this.#idleTimeout = idleTimeout;
    this.#maxAttempts = maxAttempts;
    this.signal = signal;
    this.#lastStartMs = environment.clock.monotonicMs() + retryTimeout;
    const isPlain = readOnly === undefined && lockTimeout === undefined && signal === undefined;
    this.beginOptions = isPlain && idleTimeout === undefined ? undefined : this.#optionsFor(undefined);
  }

  #optionsFor(age: number | undefined): TransactionOptions {
    const options: { -readonly [Name in keyof TransactionOptions]: TransactionOptions[Name] } = {
      readOnly: this.#readOnly,
      lockTimeout: this.#lockTimeout,
      signal: this.signal,
      age,
    };
    // A store of an earlier version may refuse this option name, so set it only if it is used.
    if (this.#idleTimeout !== undefined) options.idleTimeout = this.#idleTimeout;
    return options;
  }

  /**
   * Locks the contested keys. The wait is limited by the longest backoff, by the lock timeout, and by the
   * time left for retries.
   */
  lockContested<S extends object>(contested: ContestedKeys, tx: Transaction<S>): Promise<void> {
    const { clock, lockTimeoutMs = LONGEST_BACKOFF_MS } = this.#environment;
    const leftMs = Math.max(0, this.#lastStartMs - clock.monotonicMs());
    const longestMs = Math.min(this.#lockTimeout ?? lockTimeoutMs, LONGEST_BACKOFF_MS, leftMs);
    return contested.lock(tx, clock, longestMs);
  }

  /**
   * Waits until it is time for the next attempt.
   * @throws the error of the run, if no further attempt is allowed
   */
  async prepareRetry<S extends object>(tx: Transaction<S> | undefined, thrown: unknown): Promise<void> {
    const { signal } = this;
    const { clock, random, isOneShot = false } = this.#environment;
    // If `begin` fails with a retryable error, such as a lost connection, it is retried too. A single
    // operation rejects instead, like `put` of the store.
    const failure: Failure =
      tx === undefined
        ? { error: thrown, retryable: !isOneShot && thrown instanceof MemStoreError && thrown.retryable }
        : await failureOf(tx, thrown, signal, isOneShot);
    const backoffMs = random() * Math.min(FIRST_BACKOFF_MS * 2 ** this.#attempts, LONGEST_BACKOFF_MS);
    const isLast = this.#attempts >= this.#maxAttempts || clock.monotonicMs() + backoffMs > this.#lastStartMs;
    if (!failure.retryable || isLast) throw failure.error;
    await pause(clock, backoffMs, signal);
    this.#attempts++;
    // A snapshot never waits, so its age does not matter.
    const age = tx === undefined || tx.readOnly ? this.beginOptions?.age : tx.age;
    this.beginOptions = this.#optionsFor(age);
    const { error } = failure;
    if (tx === undefined || !(error instanceof MemStoreError) || error.cycle === undefined) return;
    this.contested ??= new ContestedKeys();
    this.contested.note(tx.id, error.cycle);
  }
}

interface Failure {
  readonly error: unknown;
  readonly retryable: boolean;
}

/**
 * Rolls the transaction back when the signal is aborted. Returns a function that stops listening to the
 * signal.
 */
function follow<S extends object>(signal: AbortSignal, tx: Transaction<S>): () => void {
  // The signal may have been aborted during `begin`, before the listener is added.
  if (signal.aborted) throw abortedBy(signal, 'transaction');
  const onAbort = (): void => void tx.rollback();
  signal.addEventListener('abort', onAbort);
  return () => signal.removeEventListener('abort', onAbort);
}

/** Ends a transaction whose work or commit threw. Returns the error of the run, and whether to retry. */
async function failureOf<S extends object>(
  tx: Transaction<S>,
  thrown: unknown,
  signal: AbortSignal | undefined,
  isOneShot: boolean,
): Promise<Failure> {
  const { status } = tx;
  // Wait even if the transaction has ended, because it may still be releasing its locks.
  await tx.rollback();
  if (signal?.aborted) return { error: abortedBy(signal, 'transaction'), retryable: false };
  if (status === 'aborted') {
    // The error that ended the transaction decides, because the work may have thrown a different one.
    const { failure } = tx;
    return failure?.retryable ? { error: failure, retryable: true } : { error: thrown, retryable: false };
  }
  return { error: thrown, retryable: status === 'active' && !isOneShot && isRetryable(thrown, tx.id) };
}

/**
 * Waits for the end of a transaction that the work ended itself. If the work did not await its commit, the
 * commit is either rolled back here or, if it is too late for that, completes.
 * @throws {MemStoreError} the failure of the transaction
 */
async function endByHand<S extends object>(tx: Transaction<S>): Promise<void> {
  await tx.rollback();
  if (tx.failure !== undefined) throw tx.failure;
}

/**
 * Returns whether an error is retryable and belongs to this transaction, not to another one that the work
 * began.
 */
function isRetryable(thrown: unknown, transactionId: number): boolean {
  return thrown instanceof MemStoreError && thrown.retryable && thrown.transactionId === transactionId;
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortedBy(signal, 'transaction'));
  return new Promise((resolve, reject) => {
    let timer: Timer;
    const onAbort = (): void => {
      clock.clearTimer(timer);
      reject(abortedBy(signal, 'transaction'));
    };
    timer = clock.setTimer(
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      delayMs,
      true,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
