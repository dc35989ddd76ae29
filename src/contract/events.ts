import { MemStoreError } from './errors.ts';
import type { CycleStep } from './lock-report.ts';

/** Why an entry was removed although nobody deleted it. */
export type RemovalReason =
  /** Its `ttl` had run out. */
  | 'expired'
  /** The cache strategy had to make room. */
  | 'evicted';

/** What a store tells its listeners, by the name of the event. */
export interface StoreEvents {
  /** A transaction with writes committed; `writes` is the number of keys it put or deleted. */
  commit: { readonly transactionId: number; readonly writes: number };
  /** A read-write transaction was rolled back; `cause` says why. */
  rollback: { readonly transactionId: number; readonly cause: MemStoreError };
  /** A deadlock was found and broken by rolling the victim back. */
  deadlock: { readonly victimId: number; readonly cycle: readonly CycleStep[] };
  /** An entry was removed to make room. */
  evict: { readonly key: string; readonly reason: 'evicted' };
  /** An entry was removed because its life was over. */
  expire: { readonly key: string; readonly reason: 'expired' };
  /** A snapshot was given up because the history it needs outgrew its limit. */
  snapshotTooOld: { readonly transactionId: number };
  /**
   * A removal could not be written to the journal. An evicted entry stays, and is tried again; an expired one
   * is gone.
   */
  journalError: { readonly error: unknown };
  /**
   * The journal has given back so many entries by now. Told after each batch while the store opens, and once
   * at the end of it with `done`; `total` is undefined when the journal does not know.
   */
  load: { readonly loaded: number; readonly total: number | undefined; readonly done: boolean };
  /**
   * The journal could not read this entry and set it aside, so the store opens without it. `reason` says why.
   */
  setAside: { readonly key: string; readonly reason: string };
  /** A cache, shard or lock strategy threw where no operation could be rejected with its error. */
  strategyError: { readonly error: unknown };
  /** The store is closed. */
  close: Record<never, never>;
  /** A listener of another event threw. */
  listenerError: { readonly event: EventName; readonly error: unknown };
}

export type EventName = keyof StoreEvents;

const EVENT_NAMES: ReadonlySet<EventName> = new Set<EventName>([
  'commit',
  'rollback',
  'deadlock',
  'evict',
  'expire',
  'snapshotTooOld',
  'journalError',
  'load',
  'setAside',
  'strategyError',
  'close',
  'listenerError',
]);

export type Listener<E extends EventName> = (event: StoreEvents[E]) => void;

interface Registration<E extends EventName> {
  readonly listener: Listener<E>;
  readonly once: boolean;
}

type Registrations = { [E in EventName]?: readonly Registration<E>[] };

/** An event that listeners have not been told of yet. */
interface Untold {
  readonly event: EventName;
  readonly data: StoreEvents[EventName];
}

/** The most events that are emitted in one turn of the event loop. The others wait for the next turn. */
const MAX_EVENTS_PER_TURN = 1_000;

/**
 * Tells listeners what happened, in the order in which it did. They are called in a microtask, when the store
 * has finished its current step, so that a listener may use the store. The number of events per turn of the
 * event loop is bounded, so that a listener which causes events does not keep the loop from turning. A
 * listener that throws harms neither the store nor the other listeners.
 */
export class EventEmitter {
  readonly #yieldTurn: () => Promise<void>;
  #registrations: Registrations = {};
  #untold: Untold[] = [];
  /** The number of events emitted in the current turn of the event loop. */
  #told = 0;
  /** How many times a listener threw. */
  listenerErrors = 0;

  /** @param yieldTurn resolves when the event loop has turned */
  constructor(yieldTurn: () => Promise<void>) {
    this.#yieldTurn = yieldTurn;
  }

  /**
   * @throws {MemStoreError} INVALID_OPTION for an event that does not exist, or a listener that is no
   * function
   */
  on<E extends EventName>(event: E, listener: Listener<E>, once = false): void {
    if (!EVENT_NAMES.has(event))
      throw new MemStoreError('INVALID_OPTION', `There is no event ${JSON.stringify(event)}.`);
    if (typeof listener !== 'function')
      throw new MemStoreError('INVALID_OPTION', 'A listener must be a function.');
    this.#set(event, [...this.#get(event), { listener, once }]);
  }

  /** Removes every registration of this listener for the event. */
  off<E extends EventName>(event: E, listener: Listener<E>): void {
    this.#set(
      event,
      this.#get(event).filter((registration) => registration.listener !== listener),
    );
  }

  /** Lets the store spare the making of an event that nobody listens to. */
  hasListeners(event: EventName): boolean {
    return this.#registrations[event] !== undefined;
  }

  emit<E extends EventName>(event: E, data: StoreEvents[E]): void {
    if (!this.hasListeners(event)) return;
    if (this.#untold.push({ event, data }) === 1) queueMicrotask(() => this.#tellSome());
  }

  #tellSome(): void {
    if (this.#told === 0) void this.#yieldTurn().then(() => this.#onTurn());
    const room = MAX_EVENTS_PER_TURN - this.#told;
    let told = 0;
    // An event that a listener causes joins the end of the list, and is emitted here too.
    for (const { event, data } of this.#untold) {
      if (told === room) break;
      told++;
      this.#tell(event, data);
    }
    this.#told += told;
    this.#untold = this.#untold.slice(told);
  }

  #onTurn(): void {
    this.#told = 0;
    if (this.#untold.length > 0) this.#tellSome();
  }

  #tell<E extends EventName>(event: E, data: StoreEvents[E]): void {
    // The list is replaced and never changed, so a listener may add and remove listeners while it runs.
    for (const registration of this.#get(event)) {
      const { listener, once } = registration;
      if (once)
        this.#set(
          event,
          this.#get(event).filter((other) => other !== registration),
        );
      try {
        const result: unknown = listener(data);
        // TypeScript lets an async function pass for a listener, and what it throws comes later.
        if (result instanceof Promise) result.catch((error: unknown) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    }
  }

  #report(event: EventName, error: unknown): void {
    this.listenerErrors++;
    if (event !== 'listenerError') this.#tell('listenerError', { event, error });
  }

  #get<E extends EventName>(event: E): readonly Registration<E>[] {
    return (this.#registrations[event] as readonly Registration<E>[] | undefined) ?? [];
  }

  #set<E extends EventName>(event: E, registrations: readonly Registration<E>[]): void {
    const { [event]: _, ...others } = this.#registrations;
    this.#registrations = registrations.length === 0 ? others : { ...others, [event]: registrations };
  }
}
