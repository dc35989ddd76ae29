import type { ArgumentReader } from '../protocol/argument-reader.ts';
import type { Request } from '../protocol/command.ts';
import { parseFrom, parseMore } from '../protocol/parse-request.ts';
import { listMemory, WAITING_BYTES } from './request-memory.ts';

/**
 * The number of arguments to parse in one turn. Longer lists are parsed in parts, each in about a
 * millisecond.
 */
export const MAX_PARSED_AT_ONCE = 1_024;

/** A request with many arguments. It is parsed in parts, so that other clients are served in between. */
export class LongRequest {
  readonly #reader: ArgumentReader;
  readonly #encodedBytes: number;
  /** The request with the items of its list that have been parsed so far. */
  #request: Request | undefined;
  #listBytes = 0;
  /** True if there are more parts to parse. */
  isPaused = false;

  constructor(reader: ArgumentReader, encodedBytes: number) {
    this.#reader = reader;
    this.#encodedBytes = encodedBytes;
  }

  /** Returns the estimated heap bytes of the request until its reply is sent. */
  get memory(): number {
    return WAITING_BYTES + Math.max(this.#encodedBytes, this.#listBytes);
  }

  /**
   * Parses the next part. Returns the request once it is complete.
   * @throws {MemStoreError} the same as `parseRequest`
   */
  next(): Request | undefined {
    // If parsing throws, the request is over.
    this.isPaused = false;
    this.#reader.pauseAfter(MAX_PARSED_AT_ONCE);
    if (this.#request === undefined) this.#request = this.#parseFirst();
    else this.#request = this.#parseMore(this.#request);
    this.isPaused = this.#request.command.name !== 'REFUSED' && this.#reader.isPaused;
    if (this.isPaused) return undefined;
    const whole = this.#request;
    // Release the request: the caller keeps this object until the next request.
    this.#request = undefined;
    return whole;
  }

  #parseFirst(): Request {
    const request = parseFrom(this.#reader, 'arrays');
    this.#listBytes = listMemory([request.command]);
    return request;
  }

  #parseMore(request: Request): Request {
    try {
      this.#listBytes += listMemory(parseMore(this.#reader, request.command));
      return request;
    } catch (error) {
      // The client does not wait for the reply to a quiet command. So the error must end its transaction.
      if (!request.quiet || request.transactionId === undefined) throw error;
      return { ...request, command: { name: 'REFUSED', error } };
    }
  }
}
