import { MemStoreError } from '../contract/errors.ts';
import { OutputBuffer } from '../protocol/output-buffer.ts';
import { type RawReply, RemoteError, ReplyParser } from '../protocol/reply-parser.ts';
import { writeRequest } from '../protocol/request-writer.ts';

/** The limits that the server announced. It closes the connection if a request exceeds one of them. */
export interface RequestLimits {
  readonly maxArguments: number;
  readonly maxValueBytes: number;
  readonly maxRequestBytes: number;
}

/** The limits and features that a server announces in its reply to the greeting. */
export interface ServerTerms {
  readonly limits: RequestLimits;
  /** True if the server knows `QUIET` and `RESERVE`. */
  readonly hasQuiet: boolean;
}

/**
 * Reads the replies to the first two requests of a connection: `HELLO`, and `MUX`, which turns on tagged
 * requests.
 */
export class Greeting {
  /** Parses everything that the server sends, during the greeting and after it. */
  readonly parser: ReplyParser = new ReplyParser();
  #hasHello = false;

  /**
   * Returns the terms once both replies have arrived, or `undefined` before.
   * @throws {MemStoreError} the server's error, or PROTOCOL
   */
  receive(bytes: Uint8Array): ServerTerms | undefined {
    this.parser.push(bytes);
    for (;;) {
      const reply = this.parser.next();
      if (reply === undefined) return undefined;
      if (reply instanceof RemoteError) throw reply.reply.error;
      if (this.#hasHello) return termsIn(reply);
      this.#hasHello = true;
    }
  }
}

/** Returns the bytes of the two greeting requests. */
export function greetingRequests(password: string | undefined): Uint8Array {
  const output = new OutputBuffer();
  writeRequest(output, password === undefined ? ['HELLO', 3] : ['HELLO', 3, 'AUTH', 'default', password]);
  writeRequest(output, ['MUX', 1, 'MSGPACK']);
  return output.take();
}

/**
 * Reads the terms from the reply to `MUX`.
 * @throws {MemStoreError} PROTOCOL if the server does not support tagged requests
 */
function termsIn(reply: RawReply): ServerTerms {
  const facts = new Map<string, RawReply>();
  if (Array.isArray(reply))
    for (let i = 0; i + 1 < reply.length; i += 2) facts.set(String(reply[i]), reply[i + 1] ?? null);
  const limit = (name: string): number => {
    const value = facts.get(name);
    return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
  };
  if (facts.get('mux') !== 1) throw new MemStoreError('PROTOCOL', 'The server is not a MemStore server.');
  return {
    limits: {
      maxArguments: limit('max-arguments'),
      maxValueBytes: limit('max-value-bytes'),
      maxRequestBytes: limit('max-request-bytes'),
    },
    hasQuiet: facts.get('quiet') === 1,
  };
}
