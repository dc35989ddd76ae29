import { invalidOption } from '../arguments/check.ts';
import { readRunOptions } from '../arguments/read-options.ts';
import type { Clock, Timer } from '../contract/clock.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { RunOptions, Store, Transaction, TransactionOptions } from '../contract/store.ts';
import { abortedBy } from './cancellation.ts';
import { ContestedKeys } from './contested-keys.ts';

const RETRY_TIMEOUT_MS = 30_000;
// The first retry comes soon, since a deadlock is gone as soon as its victim is; later ones leave room.
const FIRST_BACKOFF_MS = 1;
const LONGEST_BACKOFF_MS = 100;

/** What the loop needs besides the store. */
export interface RunEnvironment {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /**
   * How long the operations of the store wait for a lock where nothing else is said, if that is known here.
   */
  readonly lockTimeoutMs?: number;
  /**
   * True when the work is one operation of the store, so that a wait of it that fails is its answer, and only
   * the end of its transaction (a deadlock) is a reason to try again.
   */
  readonly isOneShot?: boolean;
}

/**
 * Runs the work in a transaction until it commits. The work should do nothing that must not be repeated.
 *
 * It is run again when the transaction ended for a retryable cause, whatever the work threw, and when the
 * work lets a retryable error of one of its operations pass. The retry keeps the age of the first attempt, so
 * that it grows older than all it meets and in the end nobody makes it a victim (as in wound-wait;
 * Rosenkrantz, Stearns and Lewis, 1978). The wait between attempts grows, with full jitter, so that those who
 * met do not meet again. If they do so nevertheless, they queue for what they met over, as
 * {@link ContestedKeys} says.
 */
export async function runTransaction<S extends object, R>(
  store: Pick<Store<S>, 'begin'>,
  work: (tx: Transaction<S>) => R | Promise<R>,
  options: RunOptions | undefined,
  environment: RunEnvironment,
): Promise<R> {
  // What is kept over an await has a place in the memory of every run, so this function keeps little.
  const run = new Run(work, options, environment);
  for (;;) {
    let tx: Transaction<S> | undefined;
    let stopFollowing: (() => void) | undefined;
    try {
      // The overloads of `transaction` give work on a snapshot the narrower type.
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

/** How far a run has come, and how far it may go. */
class Run {
  readonly #environment: RunEnvironment;
  readonly #readOnly: boolean | undefined;
  readonly #lockTimeout: number | undefined;
  readonly #idleTimeout: number | undefined;
  readonly #maxAttempts: number;
  readonly #lastStartMs: number;
  readonly signal: AbortSignal | undefined;
  #attempts = 1;
  /** Undefined for the first attempt of most runs: a store need not look at what is not there. */
  beginOptions: TransactionOptions | undefined;
  /** Undefined for most runs, which meet nobody. */
  contested: ContestedKeys | undefined = undefined;

  constructor(work: unknown, options: RunOptions | undefined, environment: RunEnvironment) {
    if (typeof work !== 'function') throw invalidOption('work', 'a function', work);
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
    // A store of an earlier version need not know a name that is not used.
    if (this.#idleTimeout !== undefined) options.idleTimeout = this.#idleTimeout;
    return options;
  }

  /**
   * Queues for the contested keys: no longer than a pause would last, than any wait of the work, or than
   * there is time.
   */
  lockContested<S extends object>(contested: ContestedKeys, tx: Transaction<S>): Promise<void> {
    const { clock, lockTimeoutMs = LONGEST_BACKOFF_MS } = this.#environment;
    const leftMs = Math.max(0, this.#lastStartMs - clock.monotonicMs());
    const longestMs = Math.min(this.#lockTimeout ?? lockTimeoutMs, LONGEST_BACKOFF_MS, leftMs);
    return contested.lock(tx, clock, longestMs);
  }

  /** Waits until it is time for another attempt. Throws why there is none, if there is not to be one. */
  async prepareRetry<S extends object>(tx: Transaction<S> | undefined, thrown: unknown): Promise<void> {
    const { signal } = this;
    const { clock, random, isOneShot = false } = this.#environment;
    // A connection that is lost while the transaction begins is as good a reason as one that is lost later.
    const failure: Failure =
      tx === undefined
        ? { error: thrown, retryable: thrown instanceof MemStoreError && thrown.retryable }
        : await failureOf(tx, thrown, signal, isOneShot);
    const backoffMs = random() * Math.min(FIRST_BACKOFF_MS * 2 ** this.#attempts, LONGEST_BACKOFF_MS);
    const isLast = this.#attempts >= this.#maxAttempts || clock.monotonicMs() + backoffMs > this.#lastStartMs;
    if (!failure.retryable || isLast) throw failure.error;
    await pause(clock, backoffMs, signal);
    this.#attempts++;
    // A snapshot waits for nobody, so its age does not matter.
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

/** Rolls the transaction back when the signal is aborted; returns what ends that. */
function follow<S extends object>(signal: AbortSignal, tx: Transaction<S>): () => void {
  // It was aborted while begin was under way, when nobody listened yet.
  if (signal.aborted) throw abortedBy(signal, 'transaction');
  const onAbort = (): void => void tx.rollback();
  signal.addEventListener('abort', onAbort);
  return () => signal.removeEventListener('abort', onAbort);
}

/** Ends a transaction whose work or commit threw, and says whether to try again. */
async function failureOf<S extends object>(
  tx: Transaction<S>,
  thrown: unknown,
  signal: AbortSignal | undefined,
  isOneShot: boolean,
): Promise<Failure> {
  const { status } = tx;
  // Also if it has ended: releasing many locks may still be under way.
  await tx.rollback();
  if (signal?.aborted) return { error: abortedBy(signal, 'transaction'), retryable: false };
  if (status === 'aborted') {
    // Whatever was thrown, what ended the transaction decides whether to try again.
    const { failure } = tx;
    return failure?.retryable ? { error: failure, retryable: true } : { error: thrown, retryable: false };
  }
  return { error: thrown, retryable: status === 'active' && !isOneShot && isRetryable(thrown, tx.id) };
}

/**
 * Waits for the end of a transaction that the work ended itself. A commit that the work did not await is
 * stopped, or can no longer be stopped and finishes.
 * @throws {MemStoreError} the failure of the transaction
 */
async function endByHand<S extends object>(tx: Transaction<S>): Promise<void> {
  await tx.rollback();
  if (tx.failure !== undefined) throw tx.failure;
}

/** An error of another transaction, such as one begun by the work, is no reason to try this one again. */
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
