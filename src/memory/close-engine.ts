import { storeClosed } from '../lifecycle/store-closed.ts';
import type { Engine } from './engine.ts';

/** Waits for the open transactions. Rolls back those that do not end within the timeout. */
export async function closeEngine(engine: Engine, drainTimeoutMs: number): Promise<void> {
  engine.admission?.close(storeClosed());
  if (drainTimeoutMs > 0 && !engine.open.isEmpty)
    await engine.drain.wait(engine.settings.clock, drainTimeoutMs);
  const open = engine.open.all();
  for (const transaction of open) transaction.abort(storeClosed());
  // A transaction that could not be rolled back is committing.
  await Promise.all(open.map((transaction) => transaction.whenEnded()));
  engine.open.stopSweeping();
  engine.expiry.stopSweeping();
  await engine.removals.drain();
  engine.hub.close(storeClosed());
}
