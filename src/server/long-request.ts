import type { ArgumentReader } from '../protocol/argument-reader.ts';
import type { Request } from '../protocol/command.ts';
import { parseFrom, parseMore } from '../protocol/parse-request.ts';
import { listMemory, WAITING_BYTES } from './request-memory.ts';

/** Arguments that are parsed at once. A list of more of them is parsed in parts, a millisecond or so each. */
export const MAX_PARSED_AT_ONCE = 1_024;

/** A request with many arguments, which is parsed in parts so that other clients get turns in between. */
export class LongRequest {
  readonly #reader: ArgumentReader;
  readonly #encodedBytes: number;
  /** The request with the part of its list that is parsed. */
  #request: Request | undefined;
  #listBytes = 0;
  /** True if there are more parts. */
  isPaused = false;

  constructor(reader: ArgumentReader, encodedBytes: number) {
    this.#reader = reader;
    this.#encodedBytes = encodedBytes;
  }

  /** The estimated heap bytes of the request until it is answered. */
  get memory(): number {
    return WAITING_BYTES + Math.max(this.#encodedBytes, this.#listBytes);
  }

  /**
   * Parses the next part. Returns the request if it is whole.
   * @throws {MemStoreError} what `parseRequest` throws
   */
  next(): Request | undefined {
    // An error ends the request.
    this.isPaused = false;
    this.#reader.pauseAfter(MAX_PARSED_AT_ONCE);
    if (this.#request === undefined) this.#request = this.#parseFirst();
    else this.#request = this.#parseMore(this.#request);
    this.isPaused = this.#request.command.name !== 'REFUSED' && this.#reader.isPaused;
    if (this.isPaused) return undefined;
    const whole = this.#request;
    // The caller keeps this object until the next request.
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
      // The client does not wait for the error of a quiet command, so its transaction must learn of it.
      if (!request.quiet || request.transactionId === undefined) throw error;
      return { ...request, command: { name: 'REFUSED', error } };
    }
  }
}
