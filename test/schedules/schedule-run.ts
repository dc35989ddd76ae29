import { type Bench, quiescence } from './bench.ts';
import { EnvironmentActor } from './environment-actor.ts';
import { keysTouched, type LockRules, NO_LOCKS, needsOf } from './lock-model.ts';
import type { Operation } from './operation.ts';
import { KEYS, type Occurrence } from './program.ts';
import { type Expectation, expectation } from './queue-check.ts';
import { explain, SerialModel } from './serial-model.ts';
import { lockRules } from './setup.ts';
import type { StepRecord } from './step-record.ts';
import { beginAll, TransactionActor } from './transaction-actor.ts';
import { checkVictim, cycleOf } from './victim-check.ts';

/** Something that must not happen. */
export class Wrong extends Error {
  override name = 'Wrong';
}

/** One schedule of a program, run on the real library a step at a time, with every step checked. */
export class ScheduleRun {
  readonly #bench: Bench;
  readonly #rules: LockRules;
  readonly #model: SerialModel;
  readonly #settled: Operation[] = [];
  readonly #transactions: readonly TransactionActor[];
  readonly #snapshots: readonly TransactionActor[];
  readonly #actors: readonly (TransactionActor | EnvironmentActor)[];

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

  /** The actors that can make a step, as bits. */
  get enabled(): number {
    let bits = 0;
    for (const [index, actor] of this.#actors.entries()) if (actor.canStep) bits |= 1 << index;
    return bits;
  }

  /** @throws {Wrong} */
  async step(number: number): Promise<StepRecord> {
    const actor = this.#actors[number];
    if (!actor?.canStep) throw new Wrong(`${number} cannot make a step here`);
    if (actor instanceof EnvironmentActor) {
      const idle = this.#transactions.filter((transaction) => transaction.canStep);
      const occurrence = actor.step();
      await quiescence();
      this.#observe(undefined, occurrence);
      if (occurrence === 'idle') this.#checkIdle(idle);
      return { actor: number, keys: 0, isEnd: false, isSnapshot: false, isQuiet: false };
    }
    if (this.#snapshots.includes(actor) && actor.tx === undefined) {
      actor.snapshot = this.#model.copy();
      actor.tx = await this.#bench.store.begin({ readOnly: true });
      return { actor: number, keys: 0, isEnd: false, isSnapshot: true, isQuiet: false };
    }
    return this.#stepTransaction(actor);
  }

  async #stepTransaction(actor: TransactionActor): Promise<StepRecord> {
    const wasQuiet = this.#isQuiet();
    const { nextEvent } = actor;
    const isRequest = actor.snapshot === undefined && needsOf(nextEvent) !== NO_LOCKS;
    const expected =
      isRequest && !this.#bench.isEvicting
        ? expectation(actor, nextEvent, this.#transactions, this.#rules)
        : undefined;
    const operation = actor.step();
    // One turn is enough for an operation that is done at once and wakes nobody.
    await undefined;
    if (!wasQuiet || operation.status === 'pending') await quiescence();
    this.#observe(actor, undefined);
    if (expected !== undefined) this.#checkQueue(operation, expected);
    const isEnd = actor.end !== undefined;
    const touched = isEnd ? actor.operations : [operation];
    return {
      actor: actor.number,
      keys: keyBits(touched, this.#rules),
      isEnd,
      isSnapshot: actor.snapshot !== undefined,
      isQuiet: wasQuiet && this.#isQuiet() && actor.snapshot === undefined,
    };
  }

  #isQuiet(): boolean {
    for (const { pending } of this.#transactions) if (pending !== undefined) return false;
    return true;
  }

  /** Takes note of what has settled in a step, and of what else has happened in it. */
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
      if (operation.status === 'done' && operation.event.op === 'commit') this.#commit(actor);
    }
    for (const actor of alive) {
      if (actor.end !== undefined || actor.tx?.status !== 'aborted') continue;
      if (occurrence !== 'idle') throw new Wrong(`${actor.number} was rolled back and has not been told`);
      this.#abort(actor);
    }
    for (const key of this.#bench.removals.splice(0)) this.#model.remove(key);
    if (stepped === undefined || stepped.end !== undefined || stepped.pending !== undefined) return;
    if (stepped.tx?.status !== 'active') throw new Wrong(`${stepped.number} is ${stepped.tx?.status}`);
  }

  /** Whoever is in the cycle of another victim of the same step would have spared that one by ending alone. */
  #checkNoSpareVictim(settled: readonly Operation[]): void {
    const victims = settled.filter(({ status, code }) => status === 'failed' && code === 'DEADLOCK');
    for (const victim of victims) {
      for (const other of victims) {
        const id = this.#transactions[other.actor]?.tx?.id;
        if (victim !== other && cycleOf(victim).some((step) => step.transactionId === id))
          throw new Wrong(`${victim.actor} need not have been a victim, since ${other.actor} is one`);
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
      // The stripes that a scan holds already are not known from outside.
      const hasScan = alive.some((other) =>
        other.operations.some(({ event }) => event.op.startsWith('scan')),
      );
      const wrong =
        this.#rules.readersShare || !hasScan ? checkVictim(operation, alive, this.#rules) : undefined;
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
      (code === 'ABORTED' && occurrence === 'abort') ||
      (code === 'LOCK_UNAVAILABLE' && operation.event.op.endsWith('NoWait'));
    if (!isAllowed) throw new Wrong(`${operation.name} failed with ${code}`);
    // An operation that fails for such a cause fails alone.
    if (actor.tx?.status !== 'active') throw new Wrong(`${operation.name} took its transaction with it`);
  }

  #checkQueue({ name, status, code }: Operation, { mayWait, ahead }: Expectation): void {
    if (ahead !== undefined && status === 'done' && ahead.isWaiting)
      throw new Wrong(`${name} overtook ${ahead.number}`);
    if (mayWait || status === 'done') return;
    throw new Wrong(`${name} ${status === 'pending' ? 'waits' : code}, and nothing is in its way`);
  }

  /** Those who could have gone on and did not are rolled back; who waits is not idle. */
  #checkIdle(idle: readonly TransactionActor[]): void {
    for (const actor of this.#transactions) {
      const isOver = actor.end === 'aborted';
      if (idle.includes(actor) && !isOver) throw new Wrong(`${actor.number} was idle and lives on`);
    }
  }

  #commit(actor: TransactionActor): void {
    actor.end = 'committed';
    this.#explain(
      actor,
      actor.snapshot ? explain(actor.operations, actor.snapshot) : this.#model.commit(actor.operations),
    );
  }

  /** What a transaction has read up to its rollback must be so at that moment: it held the locks until then. */
  #abort(actor: TransactionActor): void {
    actor.end = 'aborted';
    actor.pending = undefined;
    this.#explain(actor, explain(actor.operations, actor.snapshot ?? this.#model.copy()));
  }

  #explain(actor: TransactionActor, wrong: string | undefined): void {
    if (wrong !== undefined) throw new Wrong(`${actor.number}, ${actor.end}: ${wrong}`);
  }

  /**
   * When nobody can make a step any more: everybody has ended, nothing is left, and the state is right.
   * @throws {Wrong}
   */
  async finish(): Promise<void> {
    const stuck = this.#everyone().filter(({ end }) => end === undefined);
    if (stuck.length > 0) throw new Wrong(`${stuck.map(({ number }) => number).join(', ')} wait for ever`);
    this.#checkLeftovers();
    this.#bench.sweep();
    await quiescence();
    for (const key of this.#bench.removals.splice(0)) this.#model.remove(key);
    const wrong = this.#model.compare(await this.#bench.store.getMany(KEYS));
    if (wrong !== undefined) throw new Wrong(wrong);
  }

  /**
   * Ends what has begun. REQUIRES: nobody waits.
   * @throws {Wrong}
   */
  abandon(): void {
    for (const { tx } of this.#everyone()) void tx?.rollback();
    this.#checkLeftovers();
  }

  #checkLeftovers(): void {
    const leftovers = this.#bench.leftovers();
    if (leftovers !== undefined) throw new Wrong(leftovers);
  }

  /** What every transaction got to see and how it ended, to compare schedules by. */
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

function keyBits(operations: readonly Operation[], rules: LockRules): number {
  let bits = 0;
  for (const { event } of operations) bits |= keysTouched(needsOf(event), rules);
  return bits;
}
