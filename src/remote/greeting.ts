import { MemStoreError } from '../contract/errors.ts';
import { OutputBuffer } from '../protocol/output-buffer.ts';
import { type RawReply, RemoteError, ReplyParser } from '../protocol/reply-parser.ts';
import { writeRequest } from '../protocol/request-writer.ts';

/** The limits that the server has told. A larger request would cost the connection. */
export interface RequestLimits {
  readonly maxArguments: number;
  readonly maxValueBytes: number;
  readonly maxRequestBytes: number;
}

/** The answer of a server to the greeting. */
export interface ServerTerms {
  readonly limits: RequestLimits;
  /** True if the server knows `QUIET` and `RESERVE`. */
  readonly hasQuiet: boolean;
}

/** Reads the answers to the first requests of a connection: `HELLO`, and the switch to tagged requests. */
export class Greeting {
  /** Parses everything that the server sends, also after the greeting. */
  readonly parser: ReplyParser = new ReplyParser();
  #hasHello = false;

  /**
   * Returns the terms once both answers have arrived.
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

/** Returns the requests of a greeting. */
export function greetingRequests(password: string | undefined): Uint8Array {
  const output = new OutputBuffer();
  writeRequest(output, password === undefined ? ['HELLO', 3] : ['HELLO', 3, 'AUTH', 'default', password]);
  writeRequest(output, ['MUX', 1, 'MSGPACK']);
  return output.take();
}

/** @throws {MemStoreError} PROTOCOL */
function termsIn(reply: RawReply): ServerTerms {
  const facts = new Map<string, RawReply>();
  if (Array.isArray(reply))
    for (let i = 0; i + 1 < reply.length; i += 2) facts.set(String(reply[i]), reply[i + 1] ?? null);
  const limit = (name: string): number => {
    const value = facts.get(name);
    return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
  };
  if (facts.get('mux') !== 1) throw new MemStoreError('PROTOCOL', 'The server is no MemStore server.');
  return {
    limits: {
      maxArguments: limit('max-arguments'),
      maxValueBytes: limit('max-value-bytes'),
      maxRequestBytes: limit('max-request-bytes'),
    },
    hasQuiet: facts.get('quiet') === 1,
  };
}
