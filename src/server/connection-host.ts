import type { Clock } from '../contract/clock.ts';
import type { SessionHost } from '../serving/session-host.ts';
import type { BufferedBytes } from './buffered-bytes.ts';
import type { Connection } from './connection.ts';
import type { Flusher } from './flusher.ts';
import type { PasswordCheck } from './password-check.ts';
import type { ResolvedLimits, ServerEvent } from './server-options.ts';

/** The part of the server that connections use. */
export interface ConnectionHost extends SessionHost {
  readonly limits: ResolvedLimits;
  readonly clock: Clock;
  readonly password: PasswordCheck;
  readonly flusher: Flusher;
  readonly buffered: BufferedBytes;
  info(): Promise<string>;
  tell(event: ServerEvent): void;
  /** Called once, after the connection has ended. */
  onEnd(connection: Connection, reason: string): void;
}
