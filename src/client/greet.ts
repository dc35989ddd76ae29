import type { Socket } from 'node:net';
import { MemStoreError } from '../contract/errors.ts';
import { OutputBuffer } from '../protocol/output-buffer.ts';
import { type RawReply, RemoteError, type ReplyParser } from '../protocol/reply-parser.ts';
import { writeRequest } from '../protocol/request-writer.ts';
import type { ResolvedConnectOptions } from './connect-options.ts';
import { closedUnanswered, isTlsAlert, unreachable } from './unreachable.ts';

/** The limits that the server has told, so that the client sends nothing that would cost the connection. */
export interface ServerLimits {
  /** Whether the server knows `QUIET` and `RESERVE`. */
  readonly quiet: boolean;
  readonly maxArguments: number;
  readonly maxValueBytes: number;
  readonly maxRequestBytes: number;
}

/**
 * Connects, proves who the client is, and switches to tagged requests.
 * @throws {MemStoreError} CONNECTION_LOST, AUTH_REQUIRED, AUTH_FAILED, PROTOCOL; LIMIT_EXCEEDED if the server
 * is full
 */
export function greet(
  socket: Socket,
  parser: ReplyParser,
  { password, tls, connectTimeoutMs, clock }: ResolvedConnectOptions,
  signal: AbortSignal | undefined,
): Promise<ServerLimits> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clock.clearTimer(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      settle();
    };
    const fail = (error: MemStoreError): void =>
      finish(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      });
    const lost = (message: string, cause?: unknown): void =>
      fail(new MemStoreError('CONNECTION_LOST', message, cause === undefined ? {} : { cause }));
    const onAbort = (): void => lost('The store is closed.');
    const tooLong = (): void => lost('The server could not be reached in time.');
    const timer = clock.setTimer(tooLong, connectTimeoutMs, true);
    signal?.addEventListener('abort', onAbort);
    socket.on('error', (cause) => lost(unreachable(cause), cause));
    socket.on('close', () => lost(closedUnanswered(tls !== undefined)));
    const output = new OutputBuffer();
    writeRequest(output, password === undefined ? ['HELLO', 3] : ['HELLO', 3, 'AUTH', 'default', password]);
    writeRequest(output, ['MUX', 1, 'MSGPACK']);
    socket.write(output.take());
    const replies: RawReply[] = [];
    socket.on('data', (chunk: Buffer) => {
      if (isTlsAlert(chunk)) {
        lost(closedUnanswered(false));
        return;
      }
      try {
        parser.push(chunk);
        for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(reply);
        for (const reply of replies) if (reply instanceof RemoteError) throw reply.reply.error;
        const mux = replies[1];
        if (mux !== undefined) finish(() => resolve(limitsIn(mux)));
      } catch (error) {
        fail(error instanceof MemStoreError ? error : new MemStoreError('PROTOCOL', String(error)));
      }
    });
  });
}

/** @throws {MemStoreError} PROTOCOL */
function limitsIn(reply: RawReply): ServerLimits {
  const facts = new Map<string, RawReply>();
  if (Array.isArray(reply))
    for (let i = 0; i + 1 < reply.length; i += 2) facts.set(String(reply[i]), reply[i + 1] ?? null);
  const limit = (name: string): number => {
    const value = facts.get(name);
    return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
  };
  if (facts.get('mux') !== 1) throw new MemStoreError('PROTOCOL', 'The server is no MemStore server.');
  return {
    quiet: facts.get('quiet') === 1,
    maxArguments: limit('max-arguments'),
    maxValueBytes: limit('max-value-bytes'),
    maxRequestBytes: limit('max-request-bytes'),
  };
}
