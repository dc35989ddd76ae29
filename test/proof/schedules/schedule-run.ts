import type { Transaction } from 'memstore-tx';
import { type Bench, quiescence } from './bench.ts';
import { checkVictim, isSparedBy } from './check-victim.ts';
import { EnvironmentActor } from './environment-actor.ts';
import {
  conflict,
  isCovered,
  isGradual,
  keysTouched,
  type LockRules,
  NO_LOCKS,
  needsOf,
} from './lock-model.ts';
import type { Operation } from './operation.ts';
import { KEYS, type Occurrence } from './program.ts';
import { type Expectation, expectation, strandedAmong, wronglySkipped } from './queue-check.ts';
import { explain, SerialModel, visibleKeys } from './serial-model.ts';
import { lockRules } from './setup.ts';
import type { StepRecord } from './step-record.ts';
import { beginAll, TransactionActor } from './transaction-actor.ts';

/** Thrown when a check fails. */
export class Wrong extends Error {
  override name = 'Wrong';
}

/** Runs one schedule of a program on the real library, one step at a time, and checks every step. */
export class ScheduleRun {
  readonly #bench: Bench;
  readonly #rules: LockRules;
  readonly #model: SerialModel;
  readonly #settled: Operation[] = [];
  readonly #transactions: readonly TransactionActor[];
  readonly #snapshots: readonly TransactionActor[];
  readonly #actors: readonly (TransactionActor | EnvironmentActor)[];
  /** Whether a transaction was rolled back to break a deadlock. */
  hasVictims = false;

  constructor(bench: Bench) {
    const { program } = bench;
    this.#bench = bench;
    this.#rules = lockRules(bench.setup);
    this.#model = new SerialModel(bench.initial);
    const cancellable = new Set(
      program.environment.map(({ occurrence, transaction }) =>
        occurrence === 'abort' ? transaction : undefined,
      ),
    );
    this.#transactions = program.transactions.map(
      (events, index) => new TransactionActor(index, events, this.#settled, cancellable.has(index)),
    );
    this.#snapshots = program.snapshots.map(
      (events, index) =>
        new TransactionActor(this.#transactions.length + index, events, this.#settled, false),
    );
    this.#actors = [
      ...this.#transactions,
      ...this.#snapshots,
      ...program.environment.map((event) => new EnvironmentActor(event, bench, this.#transactions)),
    ];
  }

  begin(): Promise<void> {
    return beginAll(this.#bench.store, this.#transactions);
  }

  /** Returns the actors that can make a step, as bits. */
  get enabled(): number {
    let bits = 0;
    for (const [index, actor] of this.#actors.entries()) if (actor.canStep) bits |= 1 << index;
    return bits;
  }

  /**
   * Returns the first transaction whose next step is covered by its locks, so that nothing depends on the
   * time of the step. Returns `undefined` if there is none.
   */
  get covered(): number | undefined {
    for (const { canStep, nextEvent, holds, number } of this.#transactions) {
      if (!canStep || nextEvent.op === 'commit' || nextEvent.op === 'rollback') continue;
      if (isCovered(needsOf(nextEvent), holds, this.#rules)) return number;
    }
    return undefined;
  }

  /**
   * Makes the next step of an actor.
   * @throws {Wrong}
   */
  async step(number: number): Promise<StepRecord> {
    const actor = this.#actors[number];
    if (!actor?.canStep) throw new Wrong(`${number} cannot make a step here`);
    if (actor instanceof EnvironmentActor) {
      await this.#stepEnvironment(actor);
      return { actor: number, kind: 'environment', locks: NO_LOCKS, isEnd: false, isNeutral: false };
    }
    if (this.#snapshots.includes(actor)) {
      await this.#stepSnapshot(actor);
      return { actor: number, kind: 'snapshot', locks: NO_LOCKS, isEnd: false, isNeutral: true };
    }
    return this.#stepTransaction(actor);
  }

  async #stepEnvironment(actor: EnvironmentActor): Promise<void> {
    const idle = this.#transactions.filter((transaction) => transaction.canStep);
    const waiting = this.#transactions.filter((transaction) => transaction.isWaiting);
    const occurrence = actor.step();
    await quiescence();
    this.#observe(undefined, occurrence);
    if (occurrence === 'idle') this.#checkIdle(idle);
    const { transaction } = actor.event;
    if (occurrence === 'timeout') checkOver(waiting);
    if (occurrence === 'abort') checkOver(waiting.filter(({ number }) => number === transaction));
  }

  async #stepSnapshot(actor: TransactionActor): Promise<void> {
    if (actor.tx === undefined) {
      actor.snapshot = this.#model.copy();
      // The schedules also try operations that the type of a snapshot omits.
      actor.tx = (await this.#bench.store.begin({ readOnly: true })) as Transaction<Record<string, unknown>>;
      return;
    }
    const operation = actor.step();
    // A snapshot never waits, so its operation must have settled now.
    await quiescence();
    this.#observe(actor, undefined);
    if (operation.status === 'pending')
      throw new Wrong(`${operation.name} waits, but snapshots must not wait`);
  }

  async #stepTransaction(actor: TransactionActor): Promise<StepRecord> {
    const awaited = this.#keysAwaited();
    const { nextEvent } = actor;
    const expected =
      needsOf(nextEvent) !== NO_LOCKS && !this.#bench.isEvicting
        ? expectation(actor, nextEvent, this.#transactions, this.#rules)
        : undefined;
    const operation = actor.step();
    // One turn is enough if the operation completes immediately, wakes no waiter and drops no entry.
    await undefined;
    if (awaited !== 0 || operation.status === 'pending' || this.#bench.isBounded) await quiescence();
    let locks = needsOf(nextEvent);
    let isNeutral = operation.status === 'done';
    for (const { actor: other } of this.#settled) {
      if (other === actor.number) continue;
      locks |= this.#transactions[other]?.uses ?? NO_LOCKS;
      isNeutral = false;
    }
    this.#observe(actor, undefined);
    if (expected !== undefined) this.#checkQueue(operation, expected);
    if (nextEvent.op === 'scanSkipLocked') this.#checkSkipped(actor, operation);
    const isEnd = actor.end !== undefined;
    if (isEnd) locks |= actor.uses;
    isNeutral &&= (keysTouched(locks, this.#rules) & awaited) === 0;
    return { actor: actor.number, kind: 'transaction', locks, isEnd, isNeutral };
  }

  /** Returns the keys of the locks that transactions wait for, as bits. */
  #keysAwaited(): number {
    let keys = 0;
    for (const { isWaiting, pending } of this.#transactions) {
      if (isWaiting && pending !== undefined) keys |= keysTouched(needsOf(pending.event), this.#rules);
    }
    return keys;
  }

  /** Checks the operations that have settled in a step, and the other effects of the step. */
  #observe(stepped: TransactionActor | undefined, occurrence: Occurrence | undefined): void {
    const settled = this.#settled.splice(0);
    const alive = this.#transactions.filter(({ end }) => end === undefined);
    this.#checkNoSpareVictim(settled);
    for (const operation of settled) {
      const actor = this.#actors[operation.actor] as TransactionActor;
      actor.pending = undefined;
      if (operation.status === 'failed') this.#observeFailure(actor, operation, alive, occurrence);
      else if (operation.event.op === 'rollback') this.#abort(actor);
    }
    for (const operation of settled) {
      const actor = this.#actors[operation.actor] as TransactionActor;
      if (operation.status !== 'done' || operation.event.op !== 'commit') continue;
      if (occurrence === 'journalFails')
        throw new Wrong(`${actor.number} committed although its journal failed`);
      this.#commit(actor);
    }
    for (const actor of alive) {
      if (actor.end !== undefined || actor.tx?.status !== 'aborted') continue;
      const isIdle = occurrence === 'idle' && actor.pending === undefined;
      if (!isIdle)
        throw new Wrong(`${actor.number} was rolled back, but none of its operations was rejected`);
      this.#abort(actor);
    }
    for (const operation of settled) this.#checkGrant(operation);
    const stranded = this.#bench.isEvicting ? undefined : strandedAmong(this.#transactions, this.#rules);
    if (stranded !== undefined)
      throw new Wrong(`${stranded.number} waits, but no running transaction blocks it`);
    for (const key of this.#bench.removals.splice(0)) this.#model.remove(key);
    if (stepped === undefined || stepped.end !== undefined || stepped.pending !== undefined) return;
    if (stepped.tx?.status !== 'active') throw new Wrong(`${stepped.number} is ${stepped.tx?.status}`);
  }

  /**
   * Returns whether victims can be checked. With mutexes, a scan takes its stripes one after the other. The
   * test cannot know which stripes the scan already holds. When a victim ends, the scan may be granted a
   * stripe in a fixed order and close another cycle.
   */
  get #canJudgeVictims(): boolean {
    const isScan = ({ event }: Operation): boolean => event.op.startsWith('scan');
    return this.#rules.readersShare || !this.#transactions.some(({ operations }) => operations.some(isScan));
  }

  /**
   * Checks that no victim was superfluous. Suppose that one victim is in the cycle of another victim of the
   * same step. Then the end of the first victim would have been enough to break both cycles.
   */
  #checkNoSpareVictim(settled: readonly Operation[]): void {
    if (!this.#canJudgeVictims) return;
    const victims = settled.filter(({ status, code }) => status === 'failed' && code === 'DEADLOCK');
    for (const victim of victims) {
      for (const other of victims) {
        if (victim !== other && isSparedBy(victim, other, this.#transactions))
          throw new Wrong(`${victim.actor} was an unnecessary victim, because ${other.actor} is one too`);
      }
    }
  }

  #observeFailure(
    actor: TransactionActor,
    operation: Operation,
    alive: TransactionActor[],
    occurrence: Occurrence | undefined,
  ): void {
    const { code } = operation;
    if (code === 'DEADLOCK') {
      this.hasVictims = true;
      const wrong = this.#canJudgeVictims ? checkVictim(operation, alive, this.#rules) : undefined;
      if (wrong !== undefined) throw new Wrong(wrong);
      alive.splice(alive.indexOf(actor), 1);
      this.#abort(actor);
      return;
    }
    if (code === 'TRANSACTION_ABORTED' && operation.event.op === 'commit' && occurrence === 'journalFails') {
      this.#abort(actor);
      return;
    }
    const isAllowed =
      (code === 'LOCK_TIMEOUT' && occurrence === 'timeout') ||
      (code === 'ABORTED' && (occurrence === 'abort' || operation.isAbortedBefore)) ||
      (code === 'LOCK_UNAVAILABLE' && operation.event.op.endsWith('NoWait'));
    if (!isAllowed) throw new Wrong(`${operation.name} failed with ${code}`);
    // An operation that fails for one of these reasons must not end its transaction.
    if (actor.tx?.status !== 'active')
      throw new Wrong(`${operation.name} failed and also ended its transaction`);
  }

  #checkSkipped(actor: TransactionActor, scan: Operation): void {
    if (scan.status !== 'done') throw new Wrong(`${scan.name} is ${scan.status}, but must skip locked rows`);
    if (this.#bench.isEvicting) return;
    const visible = visibleKeys(actor.operations.slice(0, -1), this.#model.copy());
    const others = this.#transactions.filter((other) => other !== actor);
    const skipped = wronglySkipped(scan, visible, others, this.#rules);
    if (skipped !== undefined)
      throw new Wrong(`${scan.name} left out ${skipped}, which no transaction has locked`);
  }

  /** Checks that no other transaction holds a lock that conflicts with the granted one. */
  #checkGrant({ name, actor, gained }: Operation): void {
    const holder = this.#transactions[actor];
    if (holder === undefined || holder.end !== undefined || gained === NO_LOCKS) return;
    for (const other of this.#transactions) {
      if (other.number === actor || other.end !== undefined) continue;
      if (conflict(this.#rules, gained, other.holds))
        throw new Wrong(`${name} was granted, although ${other.number} holds a lock that conflicts`);
    }
  }

  #checkQueue(operation: Operation, { mayWait, ahead }: Expectation): void {
    const { name, event, status, code, isAbortedBefore } = operation;
    if (isAbortedBefore !== (code === 'ABORTED'))
      throw new Wrong(`${name} is ${code ?? status} with its signal ${isAbortedBefore ? '' : 'not '}aborted`);
    if (isAbortedBefore) return;
    if (status === 'pending' && event.op.endsWith('NoWait')) throw new Wrong(`${name} waits`);
    if (ahead !== undefined && status === 'done' && ahead.isWaiting)
      throw new Wrong(`${name} overtook ${ahead.number}`);
    if (mayWait || status === 'done') return;
    throw new Wrong(
      `${name} ${status === 'pending' ? 'waits' : `failed with ${code}`}, but no lock blocks it`,
    );
  }

  /** Checks that idle transactions were rolled back. A transaction that waits for a lock is not idle. */
  #checkIdle(idle: readonly TransactionActor[]): void {
    for (const { number, end } of idle)
      if (end !== 'aborted') throw new Wrong(`${number} was idle but was not rolled back`);
  }

  #commit(actor: TransactionActor): void {
    actor.end = 'committed';
    this.#explain(
      actor,
      actor.snapshot ? explain(actor.operations, actor.snapshot) : this.#model.commit(actor.operations),
    );
  }

  /**
   * Ends a transaction as aborted. Its reads must match the current state, because it held its locks until
   * now.
   */
  #abort(actor: TransactionActor): void {
    actor.end = 'aborted';
    actor.pending = undefined;
    this.#explain(actor, explain(actor.operations, actor.snapshot ?? this.#model.copy()));
  }

  #explain(actor: TransactionActor, wrong: string | undefined): void {
    if (wrong !== undefined) throw new Wrong(`${actor.number}, ${actor.end}: ${wrong}`);
  }

  /**
   * Checks the end of a schedule, when no actor can make a step. All transactions must have ended, no lock
   * may be left, and the state must be right.
   * @throws {Wrong}
   */
  async finish(): Promise<void> {
    const stuck = this.#everyone().filter(({ end }) => end === undefined);
    if (stuck.length > 0)
      throw new Wrong(`these transactions wait forever: ${stuck.map(({ number }) => number).join(', ')}`);
    this.#checkLeftovers();
    this.#bench.sweep();
    await quiescence();
    for (const key of this.#bench.removals.splice(0)) this.#model.remove(key);
    const wrong = this.#model.compare(await this.#bench.store.getMany(KEYS));
    if (wrong !== undefined) throw new Wrong(wrong);
  }

  /**
   * Rolls back all transactions.
   * @throws {Wrong}
   */
  async abandon(): Promise<void> {
    for (const { tx } of this.#everyone()) void tx?.rollback();
    await quiescence();
    this.#checkLeftovers();
  }

  #checkLeftovers(): void {
    const leftovers = this.#bench.leftovers();
    if (leftovers !== undefined) throw new Wrong(leftovers);
  }

  /** Returns the results and the end of every transaction, to compare schedules. */
  get outcome(): string {
    return this.#everyone()
      .map(
        ({ end, operations }) => `${end} ${JSON.stringify(operations.map(({ result }) => result ?? null))}`,
      )
      .join('; ');
  }

  #everyone(): readonly TransactionActor[] {
    return [...this.#transactions, ...this.#snapshots];
  }
}

/** Checks that a transaction no longer waits after its timeout or the abort of its signal. */
function checkOver(waiting: readonly TransactionActor[]): void {
  for (const { number, isWaiting, pending } of waiting) {
    // If another scan is withdrawn, a scan may be granted a lock and wait for its next lock, with a new
    // timeout.
    if (isWaiting && pending !== undefined && !isGradual(pending.event))
      throw new Wrong(`${number} still waits after its timeout or abort`);
  }
}
