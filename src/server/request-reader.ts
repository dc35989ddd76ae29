import type { ValueCodec } from '../codecs/value-codec.ts';
import { ArgumentReader, type ArgumentStyle } from '../protocol/argument-reader.ts';
import type { Arguments } from '../protocol/arguments.ts';
import type { Request } from '../protocol/command.ts';
import { parseRequest, parseTag } from '../protocol/parse-request.ts';
import { type RequestForm, type RequestLimits, RequestParser } from '../protocol/request-parser.ts';
import { LongRequest, MAX_PARSED_AT_ONCE } from './long-request.ts';
import { refuseBrowser } from './refuse-browser.ts';

/** Reads requests from the bytes of one connection. Its properties describe the last request. */
export class RequestReader {
  readonly #parser: RequestParser;
  /** How to read arguments. */
  #style: ArgumentStyle;
  #isTagged = false;
  /** The tag of the last request, if it has one that is valid. */
  tag: number | undefined;
  /** The long request that is or was parsed in parts. Kept until the next request begins. */
  #long: LongRequest | undefined;

  constructor(limits: RequestLimits, style: ArgumentStyle) {
    this.#parser = new RequestParser(limits);
    this.#style = style;
  }

  get isTagged(): boolean {
    return this.#isTagged;
  }

  /** Makes later requests begin with a tag, and decodes their values with the codec. */
  useTags(codec: ValueCodec): void {
    this.#isTagged = true;
    this.#style = { ...this.#style, codec };
  }

  set limits(limits: RequestLimits) {
    this.#parser.limits = limits;
  }

  get form(): RequestForm {
    return this.#parser.form ?? 'lines';
  }

  /** Returns the size of the last request in bytes. */
  get size(): number {
    return this.#parser.size;
  }

  /** Returns whether the input is so broken that the start of the next request cannot be found. */
  get isLost(): boolean {
    return this.#parser.isLost;
  }

  /** Returns the bytes that are not parsed yet, and those of a partly parsed request. */
  get unread(): number {
    return this.#parser.unread + (this.isPaused ? (this.memory ?? 0) : 0);
  }

  /** Returns whether the next request is partly parsed. */
  get isPaused(): boolean {
    return this.#long?.isPaused === true;
  }

  /** Returns the estimated heap bytes of the last request, if it was parsed in parts. */
  get memory(): number | undefined {
    return this.#long?.memory;
  }

  push(chunk: Uint8Array): void {
    this.#parser.push(chunk);
  }

  /**
   * Reads the next complete request. Returns `undefined` if more bytes are needed, or if only a part of a
   * long request was parsed. `isPaused` tells them apart.
   * @throws {MemStoreError} PROTOCOL, and the errors of `parseRequest`
   */
  next(): Request | undefined {
    if (this.#long !== undefined) {
      if (this.#long.isPaused) return this.#long.next();
      this.#long = undefined;
    }
    this.tag = undefined;
    const args = this.#parser.next();
    if (args === undefined) return undefined;
    const { form } = this;
    if (form === 'lines') refuseBrowser(this.#parser.line);
    if (this.#isTagged) this.tag = parseTag(args);
    const position = this.#isTagged ? 1 : 0;
    if (args.length > MAX_PARSED_AT_ONCE && form === 'arrays') return this.#parseLong(args, position);
    return parseRequest(args, position, form, this.#style);
  }

  #parseLong(args: Arguments, position: number): Request | undefined {
    this.#long = new LongRequest(new ArgumentReader(args, position, this.#style), this.#parser.size);
    return this.#long.next();
  }
}
