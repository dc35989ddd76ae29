import { MemStore, MemStoreError, type Transaction } from 'memstore-tx';
import { CommitLog } from './commit-log.ts';
import { OneShots } from './one-shots.ts';
import { RandomWork } from './random-work.ts';
import { Recording } from './recording.ts';
import type { Numbers, RunContext } from './run-context.ts';
import { LONG_WAIT_MS, type RunSetup } from './run-setup.ts';

/** The codes with which a correct transaction may fail. */
const ENDINGS: ReadonlySet<string> = new Set([
  'DEADLOCK',
  'TRANSACTION_ABORTED',
  'TRANSACTION_EXPIRED',
  'SNAPSHOT_TOO_OLD',
]);

/** Thrown by the work of a transaction to roll it back. */
class ChangeOfMind extends Error {}

/** Workers that run random operations concurrently in one store, and the records of all results. */
export class HistoryRun {
  readonly setup: RunSetup;
  readonly store: MemStore<Numbers>;
  readonly log: CommitLog;
  readonly recordings: Recording[] = [];
  readonly problems: string[] = [];
  readonly #context: RunContext;
  readonly #oneShots: OneShots;
  #left = 0;

  constructor(setup: RunSetup) {
    this.setup = setup;
    this.#context = setup.context;
    this.log = new CommitLog(() => this.#context.tick());
    this.store = new MemStore<Numbers>({
      ...setup.options,
      shards: this.log.watchShards(setup.options.shards),
    });
    this.log.listenTo(this.store);
    this.#oneShots = new OneShots(this.store, this.#context, (name) => this.#record(name));
  }

  /** Runs until this number of transactions have begun and all of them have ended. */
  async run(transactions: number): Promise<void> {
    this.#left = transactions;
    const work = Promise.all(Array.from({ length: this.setup.workers }, () => this.#work()));
    await this.passTimeUntil(work);
    // Abandoned transactions expire, and expired entries are swept.
    await this.passTimeUntil(this.#context.waitOnFakeClock(1_000));
  }

  /** Advances the clock in small steps, and lets all pending work run after each step. */
  async passTimeUntil(end: Promise<unknown>): Promise<void> {
    let isOver = false;
    const stop = (): void => {
      isOver = true;
    };
    end.then(stop, stop);
    for (let idleMs = 0, seen = -1; ; idleMs++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) break;
      if (seen !== this.recordings.length) idleMs = 0;
      seen = this.recordings.length;
      if (idleMs > 2 * LONG_WAIT_MS)
        throw new Error(
          `The run must make progress, but it is stuck with the locks ${JSON.stringify(this.store.locks())}.`,
        );
      this.#context.clock.advance(1);
    }
    await end;
  }

  async #work(): Promise<void> {
    while (this.#left-- > 0) {
      const kind = this.#context.dice.weighted(KINDS);
      try {
        await (kind === 'one-shot' ? this.#oneShots.run() : this.#transact(kind));
      } catch (error) {
        this.problems.push(`a ${kind} transaction failed with ${String(error)}`);
      }
    }
  }

  #record(name: string): Recording {
    const recording = new Recording(`${name} ${this.recordings.length + 1}`, this.#context.tick());
    this.recordings.push(recording);
    return recording;
  }

  #follow(name: string, tx: Transaction<Numbers>, beginAt: number): Recording {
    const recording = new Recording(`${name} ${tx.id}`, beginAt);
    recording.transactionId = tx.id;
    recording.status = () => tx.status;
    this.recordings.push(recording);
    return recording;
  }

  async #transact(kind: Exclude<Kind, 'one-shot'>): Promise<void> {
    try {
      if (kind === 'retried') await this.#runRetried();
      else await this.#runByHand(kind === 'snapshot');
    } catch (error) {
      const isEnding = error instanceof MemStoreError && ENDINGS.has(error.code);
      if (!isEnding && !(error instanceof ChangeOfMind)) throw error;
    }
  }

  async #runByHand(readOnly: boolean): Promise<void> {
    const { dice } = this.#context;
    const beginAt = this.#context.tick();
    const tx = (await this.store.begin({ readOnly })) as Transaction<Numbers>;
    const recording = this.#follow(readOnly ? 'snapshot' : 'tx', tx, beginAt);
    try {
      await new RandomWork(tx, recording, this.#context).run();
      const ending = dice.weighted(ENDS);
      if (ending === 'commit') await tx.commit();
      if (ending === 'rollback') await tx.rollback();
      if (ending === 'rollback' && tx.status !== 'aborted')
        throw new Error(`The status after a rollback must be aborted, got ${tx.status}.`);
    } finally {
      recording.endAt = tx.status === 'active' ? undefined : this.#context.tick();
    }
  }

  /** Runs a transaction with retries. Each attempt is a separate transaction of the history. */
  #runRetried(): Promise<void> {
    const { dice } = this.#context;
    let beginAt = this.#context.tick();
    let recording: Recording | undefined;
    return this.store
      .transaction(async (tx) => {
        recording = this.#follow('attempt', tx, beginAt);
        try {
          await new RandomWork(tx, recording, this.#context).run();
          if (dice.chance(0.05)) throw new ChangeOfMind();
        } finally {
          // The next attempt begins after this time.
          beginAt = this.#context.tick();
        }
      })
      .finally(() => {
        if (recording !== undefined) recording.endAt = this.#context.tick();
      });
  }
}

type Kind = 'by hand' | 'retried' | 'snapshot' | 'one-shot';

const KINDS: readonly (readonly [weight: number, kind: Kind])[] = [
  [35, 'by hand'],
  [25, 'retried'],
  [12, 'snapshot'],
  [28, 'one-shot'],
];

const ENDS: readonly (readonly [weight: number, end: 'commit' | 'rollback' | 'leave it'])[] = [
  [86, 'commit'],
  [11, 'rollback'],
  [3, 'leave it'],
];
