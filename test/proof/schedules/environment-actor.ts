import { type Bench, IDLE_TIMEOUT_MS, LOCK_TIMEOUT_MS, TTL_MS } from './bench.ts';
import type { EnvironmentEvent, Occurrence } from './program.ts';
import type { TransactionActor } from './transaction-actor.ts';

// A transaction counts as idle from the first sweep that finds it unused, and a later sweep ends it. There
// are 32 sweeps in one idle timeout.
const IDLE_FOR_MS = IDLE_TIMEOUT_MS + IDLE_TIMEOUT_MS / 8;

/**
 * An event outside the transactions. Journal events happen as often as they can. All other events happen
 * once.
 */
export class EnvironmentActor {
  readonly event: EnvironmentEvent;
  readonly #bench: Bench;
  readonly #transactions: readonly TransactionActor[];
  #happened = false;

  constructor(event: EnvironmentEvent, bench: Bench, transactions: readonly TransactionActor[]) {
    this.event = event;
    this.#bench = bench;
    this.#transactions = transactions;
  }

  /**
   * Returns whether the event would have an effect now. Otherwise it is not a step, so that no schedule runs
   * twice.
   */
  get canStep(): boolean {
    const { occurrence, transaction } = this.event;
    const transactions = this.#transactions;
    if (occurrence === 'journal') return this.#isJournalling;
    if (this.#happened) return false;
    switch (occurrence) {
      case 'timeout':
        return transactions.some((actor) => actor.isWaiting);
      case 'idle':
        return transactions.some((actor) => actor.canStep);
      case 'expire':
        return this.#hasLimitedEntry && transactions.some((actor) => actor.end === undefined);
      case 'abort':
        return this.#canAbort(transaction === undefined ? undefined : transactions[transaction]);
      case 'evict':
        return transactions.some((actor) => actor.end === undefined);
      default:
        return this.#isJournalling;
    }
  }

  step(): Occurrence {
    const { occurrence, transaction } = this.event;
    const { clock, journal } = this.#bench;
    this.#happened = true;
    switch (occurrence) {
      case 'timeout':
        clock.advance(LOCK_TIMEOUT_MS);
        break;
      case 'idle':
        clock.advance(IDLE_FOR_MS);
        break;
      case 'expire':
        clock.advance(TTL_MS);
        break;
      case 'abort':
        if (transaction !== undefined) this.#transactions[transaction]?.cancel();
        break;
      case 'evict':
        this.#bench.fillCache();
        break;
      case 'journal':
        journal?.succeed();
        break;
      case 'journalFails':
        journal?.fail(new Error('the disk is full'));
        break;
    }
    return occurrence;
  }

  #canAbort(actor: TransactionActor | undefined): boolean {
    return actor !== undefined && (actor.isWaiting || (actor.canStep && actor.isCancellable));
  }

  get #isJournalling(): boolean {
    return (this.#bench.journal?.pending ?? 0) > 0;
  }

  get #hasLimitedEntry(): boolean {
    return this.#transactions.some(
      ({ end, operations }) =>
        end === 'committed' &&
        operations.some(({ event, status }) => event.op === 'putTtl' && status === 'done'),
    );
  }
}
