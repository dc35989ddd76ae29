import type { ValueCodec } from '../codecs/value-codec.ts';
import { Greeting } from '../remote/greeting.ts';
import { Link } from '../remote/link.ts';
import type { ResolvedConnectOptions } from './connect-options.ts';
import { greet } from './greet.ts';
import { openSocket } from './open-socket.ts';
import { SocketTransport } from './socket-transport.ts';

/**
 * Connects to a server, sends the password if there is one, and switches to tagged requests.
 * @throws {MemStoreError} INVALID_OPTION, CONNECTION_LOST, AUTH_REQUIRED, AUTH_FAILED, PROTOCOL,
 * LIMIT_EXCEEDED
 */
export async function openLink(
  options: ResolvedConnectOptions,
  codec: ValueCodec,
  signal?: AbortSignal,
): Promise<Link> {
  const { clock, heartbeatMs } = options;
  const socket = openSocket(options);
  const greeting = new Greeting();
  const terms = await greet(socket, greeting, options, signal);
  return new Link(new SocketTransport(socket), greeting.parser, terms, { codec, clock, heartbeatMs });
}
