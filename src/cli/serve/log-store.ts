import type { MemStore } from '../../index.ts';
import { cycleLines } from '../lock-text.ts';
import type { ServerLog } from './server-log.ts';

/** Logs the events of a store that matter to operators. */
export function logStore(store: MemStore, log: ServerLog, isVerbose: boolean): void {
  store.on('snapshotTooOld', ({ transactionId }) =>
    log({
      level: 'warn',
      event: 'snapshot-too-old',
      message: `ended snapshot ${transactionId}: it needs more old versions than the limits allow`,
      facts: { transactionId },
    }),
  );
  store.on('journalError', ({ error }) =>
    log({
      level: 'error',
      event: 'journal',
      message: `an eviction or expiry could not be written to disk: ${String(error)}`,
    }),
  );
  store.on('setAside', ({ key, reason }) =>
    log({
      level: 'warn',
      event: 'set-aside',
      message: `set aside the unreadable entry ${JSON.stringify(key)}: ${reason}`,
      facts: { key, reason },
    }),
  );
  if (!isVerbose) return;
  store.on('deadlock', ({ victimId, cycle }) =>
    log({
      level: 'info',
      event: 'deadlock',
      message: `deadlock: rolled back ${victimId} (${cycleLines(cycle).join('; ')})`,
      facts: { victimId, cycle },
    }),
  );
}
