import { LiveWait } from '../contract/direct-operations.ts';
import type { WaitOptions } from '../contract/options.ts';
import { EVERY_TAG } from '../protocol/reserved-numbers.ts';
import type { DataRequest } from './session.ts';
import type { SessionHost } from './session-host.ts';

/** The options for the waits of a command. */
export interface Wait {
  readonly options: WaitOptions | undefined;
  /** Aborting it ends the wait. Defined for cancellable requests and for scans. */
  readonly controller: AbortController | undefined;
}

/** Used for a command in a transaction that has no prefixes. */
const PLAIN_WAIT: Wait = { options: undefined, controller: undefined };

/** The waits of one session. It can cancel them. */
export class Waits {
  readonly #host: SessionHost;
  /** Aborting it ends the waits of commands without a transaction. */
  #alone: AbortController;
  /** Used for a command without a transaction that has no prefixes. */
  #plainAlone: Wait;
  /** The controllers of cancellable requests, by tag. */
  readonly #byTag = new Map<number, AbortController>();

  constructor(host: SessionHost) {
    this.#host = host;
    this.#alone = host.createController();
    this.#plainAlone = { options: new LiveWait(this.#alone.signal), controller: undefined };
  }

  /** Returns the options for the waits of a request. `given` is the controller of a cancellable request. */
  of(
    { command, lockTimeoutMs }: DataRequest,
    isInTransaction: boolean,
    given: AbortController | undefined,
  ): Wait {
    const plain = isInTransaction ? PLAIN_WAIT : this.#plainAlone;
    // A scan always has a controller, because a later page may be cancellable.
    const controller = given ?? (command.name === 'ENTRIES' ? new AbortController() : undefined);
    if (controller === undefined && lockTimeoutMs === undefined) return plain;
    const signal = controller?.signal ?? plain.options?.signal;
    return { options: { signal, lockTimeout: lockTimeoutMs }, controller };
  }

  has(tag: number): boolean {
    return this.#byTag.has(tag);
  }

  /** Registers a tagged request for `cancel`, until `delete`. */
  add(tag: number, controller: AbortController): void {
    this.#byTag.set(tag, controller);
  }

  delete(tag: number): void {
    this.#byTag.delete(tag);
  }

  /**
   * Ends the wait of the request with this tag. `EVERY_TAG` stands for all requests without a transaction.
   */
  cancel(tag: number): void {
    if (tag !== EVERY_TAG) {
      this.#byTag.get(tag)?.abort();
      return;
    }
    this.#alone.abort();
    this.#alone = this.#host.createController();
    this.#plainAlone = { options: new LiveWait(this.#alone.signal), controller: undefined };
  }

  /** Ends all current waits. Later commands without a transaction cannot wait either. */
  end(): void {
    this.#plainAlone = { options: { signal: this.#alone.signal }, controller: undefined };
    this.#alone.abort();
    for (const controller of this.#byTag.values()) controller.abort();
  }
}
