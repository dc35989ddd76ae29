import type { ArgumentStyle } from '../protocol/argument-reader.ts';
import type { Request } from '../protocol/command.ts';
import { parseRequest, parseTag } from '../protocol/parse-request.ts';
import { type RequestForm, type RequestLimits, RequestParser } from '../protocol/request-parser.ts';
import { refuseBrowser } from './refuse-browser.ts';

/** Reads requests out of the bytes of one connection. Its properties describe the last request. */
export class RequestReader {
  readonly #parser: RequestParser;
  /** How arguments are read. */
  style: ArgumentStyle;
  isTagged = false;
  /** The tag of the last request, if it could be read. */
  tag: number | undefined;

  constructor(limits: RequestLimits, style: ArgumentStyle) {
    this.#parser = new RequestParser(limits);
    this.style = style;
  }

  set limits(limits: RequestLimits) {
    this.#parser.limits = limits;
  }

  get form(): RequestForm {
    return this.#parser.form ?? 'lines';
  }

  /** The bytes of the last request. */
  get size(): number {
    return this.#parser.size;
  }

  /** True if the start of the next request cannot be found. */
  get isLost(): boolean {
    return this.#parser.isLost;
  }

  /** The bytes that have come and are not read yet. */
  get unread(): number {
    return this.#parser.unread;
  }

  push(chunk: Uint8Array): void {
    this.#parser.push(chunk);
  }

  /**
   * Reads the next whole request. Returns `undefined` if more bytes are needed.
   * @throws {MemStoreError} PROTOCOL, and what `parseRequest` throws
   */
  next(): Request | undefined {
    this.tag = undefined;
    const args = this.#parser.next();
    if (args === undefined) return undefined;
    const { form } = this;
    if (form === 'lines') refuseBrowser(this.#parser.line);
    if (!this.isTagged) return parseRequest(args, 0, form, this.style);
    this.tag = parseTag(args);
    return parseRequest(args, 1, form, this.style);
  }
}
