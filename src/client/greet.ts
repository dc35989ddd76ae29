import type { Socket } from 'node:net';
import { MemStoreError } from '../contract/errors.ts';
import { type Greeting, greetingRequests, type ServerTerms } from '../remote/greeting.ts';
import type { ResolvedConnectOptions } from './connect-options.ts';
import { closedUnanswered, isTlsAlert, unreachable } from './unreachable.ts';

/**
 * Sends the greeting over a connecting socket and waits for the replies. Destroys the socket on failure.
 * @throws {MemStoreError} CONNECTION_LOST, AUTH_REQUIRED, AUTH_FAILED, PROTOCOL; LIMIT_EXCEEDED if the server
 * is full
 */
export function greet(
  socket: Socket,
  greeting: Greeting,
  { password, tls, connectTimeoutMs, clock }: ResolvedConnectOptions,
  signal: AbortSignal | undefined,
): Promise<ServerTerms> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clock.clearTimer(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
    };
    const fail = (error: MemStoreError): void => {
      stop();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const lost = (message: string, cause?: unknown): void =>
      fail(new MemStoreError('CONNECTION_LOST', message, cause === undefined ? {} : { cause }));
    const receive = (chunk: Buffer): void => {
      if (isTlsAlert(chunk)) {
        lost(closedUnanswered(false));
        return;
      }
      try {
        const terms = greeting.receive(chunk);
        if (terms === undefined) return;
        stop();
        resolve(terms);
      } catch (error) {
        fail(error instanceof MemStoreError ? error : new MemStoreError('PROTOCOL', String(error)));
      }
    };
    const onAbort = (): void => lost('The store is closed.');
    const tooLong = (): void =>
      lost(`The server did not answer within ${connectTimeoutMs} ms (connectTimeout).`);
    const timer = clock.setTimer(tooLong, connectTimeoutMs, true);
    signal?.addEventListener('abort', onAbort);
    socket.on('error', (cause) => lost(unreachable(cause), cause));
    socket.on('close', () => lost(closedUnanswered(tls !== undefined)));
    socket.on('data', receive);
    socket.write(greetingRequests(password));
  });
}
