import type { ServerEvent } from '../../index.ts';
import type { LogRecord } from './server-log.ts';

/** Returns a server event as a log record, or `undefined` for events that the command logs itself. */
export function describeEvent(event: ServerEvent): LogRecord | undefined {
  switch (event.type) {
    case 'connected': {
      const { connection, peer } = event;
      const message = `connection ${connection} from ${peer}`;
      return { level: 'info', event: 'connected', message, facts: { connection, peer } };
    }
    case 'disconnected': {
      const { connection, reason } = event;
      const message = `connection ${connection} ended: ${reason}`;
      return { level: 'info', event: 'disconnected', message, facts: { connection, reason } };
    }
    case 'auth-failed': {
      const { connection, peer } = event;
      const message = `connection ${connection} from ${peer} sent a wrong password`;
      return { level: 'warn', event: 'auth-failed', message, facts: { connection, peer } };
    }
    case 'refused':
      return {
        level: 'warn',
        event: 'refused',
        message: `refused a connection: ${event.reason}`,
        facts: { reason: event.reason },
      };
    case 'error':
      return { level: 'error', event: 'error', message: String(event.error) };
    default:
      return undefined;
  }
}
