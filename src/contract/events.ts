import { MemStoreError } from './errors.ts';
import type { CycleStep } from './lock-report.ts';

/** The reason why the store itself removed an entry. */
export type RemovalReason =
  /** The TTL of the entry ran out. */
  | 'expired'
  /** The cache strategy had to make room. */
  | 'evicted';

/** The events of a store by name. The values are the types of the data that listeners receive. */
export interface StoreEvents {
  /** A transaction with writes committed. `writes` is the number of keys that it put or deleted. */
  commit: { readonly transactionId: number; readonly writes: number };
  /** A read-write transaction was rolled back. `cause` is the reason. */
  rollback: { readonly transactionId: number; readonly cause: MemStoreError };
  /** A deadlock was detected, and its victim was rolled back. */
  deadlock: { readonly victimId: number; readonly cycle: readonly CycleStep[] };
  /** An entry was removed to make room. */
  evict: { readonly key: string; readonly reason: 'evicted' };
  /** An entry was removed because its TTL ran out. */
  expire: { readonly key: string; readonly reason: 'expired' };
  /** A snapshot was ended because it needs more history than the store may keep. */
  snapshotTooOld: { readonly transactionId: number };
  /**
   * The journal refused to write a removal. If the store was evicting the entry, the entry stays and the
   * store tries again. If the entry had expired, it stays removed.
   */
  journalError: { readonly error: unknown };
  /**
   * The journal has loaded `loaded` entries so far. Emitted after each batch while the store opens, and once
   * at the end with `done: true`. `total` is `undefined` if the journal does not know the number of entries.
   */
  load: { readonly loaded: number; readonly total: number | undefined; readonly done: boolean };
  /** The journal could not read this entry, and moved it aside. The store opens without it. */
  setAside: { readonly key: string; readonly reason: string };
  /** A cache, shard or lock strategy threw an error, and no operation could reject with it. */
  strategyError: { readonly error: unknown };
  /** The store is closed. */
  close: Record<never, never>;
  /** A listener of another event threw. */
  listenerError: { readonly event: EventName; readonly error: unknown };
}

/** The name of an event of a store. */
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

/** A function that a store calls with the data of an event. */
export type Listener<E extends EventName> = (event: StoreEvents[E]) => void;

interface Registration<E extends EventName> {
  readonly listener: Listener<E>;
  readonly once: boolean;
}

type Registrations = { [E in EventName]?: readonly Registration<E>[] };

/** An event that was not emitted yet. */
interface QueuedEvent {
  readonly event: EventName;
  readonly data: StoreEvents[EventName];
}

/**
 * The maximum number of events that are emitted in one turn of the event loop. Further events wait for the
 * next turn.
 */
const MAX_EVENTS_PER_TURN = 1_000;

/**
 * Calls listeners in the order of the events. It calls them in a microtask, after the current step of the
 * store, so that listeners may use the store. It limits the number of events per turn of the event loop, so
 * that listeners that cause events do not block the loop. The error of a listener affects neither the store
 * nor the other listeners.
 */
export class EventEmitter {
  readonly #yieldTurn: () => Promise<void>;
  #registrations: Registrations = {};
  #queue: QueuedEvent[] = [];
  /** The number of events emitted in the current turn of the event loop. */
  #emittedInTurn = 0;
  /** The number of listener calls that threw an error. */
  listenerErrors = 0;

  /** @param yieldTurn resolves after one turn of the event loop */
  constructor(yieldTurn: () => Promise<void>) {
    this.#yieldTurn = yieldTurn;
  }

  /**
   * Adds a listener.
   * @throws {MemStoreError} INVALID_OPTION for an unknown event, or a listener that is not a function
   */
  on<E extends EventName>(event: E, listener: Listener<E>, once = false): void {
    if (!EVENT_NAMES.has(event))
      throw new MemStoreError(
        'INVALID_OPTION',
        `There is no event ${JSON.stringify(event)}; the events are ${[...EVENT_NAMES].join(', ')}.`,
      );
    if (typeof listener !== 'function')
      throw new MemStoreError('INVALID_OPTION', `A listener must be a function, got ${typeof listener}.`);
    this.#set(event, [...this.#get(event), { listener, once }]);
  }

  /** Removes every registration of this listener for the event. */
  off<E extends EventName>(event: E, listener: Listener<E>): void {
    this.#set(
      event,
      this.#get(event).filter((registration) => registration.listener !== listener),
    );
  }

  /** Returns whether an event has listeners. If not, the store need not create the event. */
  hasListeners(event: EventName): boolean {
    return this.#registrations[event] !== undefined;
  }

  emit<E extends EventName>(event: E, data: StoreEvents[E]): void {
    if (!this.hasListeners(event)) return;
    if (this.#queue.push({ event, data }) === 1) queueMicrotask(() => this.#emitSome());
  }

  #emitSome(): void {
    if (this.#emittedInTurn === 0) void this.#yieldTurn().then(() => this.#onTurn());
    const room = MAX_EVENTS_PER_TURN - this.#emittedInTurn;
    let emitted = 0;
    // If a listener causes an event, the event is appended to this queue and emitted in the same loop.
    for (const { event, data } of this.#queue) {
      if (emitted === room) break;
      emitted++;
      this.#call(event, data);
    }
    this.#emittedInTurn += emitted;
    this.#queue = this.#queue.slice(emitted);
  }

  #onTurn(): void {
    this.#emittedInTurn = 0;
    if (this.#queue.length > 0) this.#emitSome();
  }

  #call<E extends EventName>(event: E, data: StoreEvents[E]): void {
    // The list is replaced and never mutated, so a listener may add and remove listeners while it runs.
    for (const registration of this.#get(event)) {
      const { listener, once } = registration;
      if (once)
        this.#set(
          event,
          this.#get(event).filter((other) => other !== registration),
        );
      try {
        const result: unknown = listener(data);
        // TypeScript accepts an async function as a listener. Its errors arrive as rejections.
        if (result instanceof Promise) result.catch((error: unknown) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    }
  }

  #report(event: EventName, error: unknown): void {
    this.listenerErrors++;
    if (event !== 'listenerError') this.#call('listenerError', { event, error });
  }

  #get<E extends EventName>(event: E): readonly Registration<E>[] {
    return (this.#registrations[event] as readonly Registration<E>[] | undefined) ?? [];
  }

  #set<E extends EventName>(event: E, registrations: readonly Registration<E>[]): void {
    const { [event]: _, ...others } = this.#registrations;
    this.#registrations = registrations.length === 0 ? others : { ...others, [event]: registrations };
  }
}
