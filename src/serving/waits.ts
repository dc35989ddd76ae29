import type { WaitOptions } from '../contract/options.ts';
import { EVERY_TAG } from '../protocol/reserved-numbers.ts';
import type { DataRequest } from './session.ts';
import type { SessionHost } from './session-host.ts';

/** How a command may wait. */
export interface Wait {
  readonly options: WaitOptions | undefined;
  /** Ends the wait. Present if the request may be cancelled, and for every scan. */
  readonly controller: AbortController | undefined;
}

/** The wait of a plain command in a transaction. */
const PLAIN_WAIT: Wait = { options: undefined, controller: undefined };

/** The waits of one session, and their cancellation. */
export class Waits {
  readonly #host: SessionHost;
  /** Ends the waits of commands without a transaction. */
  #alone: AbortController;
  /** The wait of a plain command without a transaction. */
  #plainAlone: Wait;
  /** The controllers of requests that may be cancelled, by their tags. */
  readonly #byTag = new Map<number, AbortController>();

  constructor(host: SessionHost) {
    this.#host = host;
    this.#alone = host.createController();
    this.#plainAlone = { options: { signal: this.#alone.signal }, controller: undefined };
  }

  /** Returns how a request may wait. `given` is the controller of a request that may be cancelled. */
  of(
    { command, lockTimeoutMs }: DataRequest,
    isInTransaction: boolean,
    given: AbortController | undefined,
  ): Wait {
    const plain = isInTransaction ? PLAIN_WAIT : this.#plainAlone;
    // A scan always has a controller, because the client may give up on a later page.
    const controller = given ?? (command.name === 'ENTRIES' ? new AbortController() : undefined);
    if (controller === undefined && lockTimeoutMs === undefined) return plain;
    const signal = controller?.signal ?? plain.options?.signal;
    return { options: { signal, lockTimeout: lockTimeoutMs }, controller };
  }

  has(tag: number): boolean {
    return this.#byTag.has(tag);
  }

  /** Lets `cancel` end the wait of a tagged request, until `delete`. */
  add(tag: number, controller: AbortController): void {
    this.#byTag.set(tag, controller);
  }

  delete(tag: number): void {
    this.#byTag.delete(tag);
  }

  /** Ends the wait of a request, or of all requests without a transaction. */
  cancel(tag: number): void {
    if (tag !== EVERY_TAG) {
      this.#byTag.get(tag)?.abort();
      return;
    }
    this.#alone.abort();
    this.#alone = this.#host.createController();
    this.#plainAlone = { options: { signal: this.#alone.signal }, controller: undefined };
  }

  /** Ends all waits, and those of later commands. */
  end(): void {
    this.#alone.abort();
    for (const controller of this.#byTag.values()) controller.abort();
  }
}
