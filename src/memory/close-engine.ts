import type { Engine } from './engine.ts';
import { storeClosed } from './transaction/begin.ts';

/** Ends every open transaction: those that do not end by themselves in time are rolled back. */
export async function closeEngine(engine: Engine, drainTimeoutMs: number): Promise<void> {
  engine.isClosing = true;
  engine.admission?.close(storeClosed());
  if (drainTimeoutMs > 0) await drained(engine, drainTimeoutMs);
  const open = engine.open.all();
  for (const transaction of open) transaction.abort(storeClosed());
  // What could not be rolled back is being committed.
  await Promise.all(open.map((transaction) => transaction.ended()));
  engine.open.stopSweeping();
  engine.sweeper.stop();
  await engine.removals.settled();
}

function drained(engine: Engine, timeoutMs: number): Promise<void> {
  if (engine.open.active + engine.open.snapshots === 0) return Promise.resolve();
  const { clock } = engine.settings;
  return new Promise((resolve) => {
    const finish = (): void => {
      clock.clearTimer(timer);
      engine.onDrained = undefined;
      resolve();
    };
    const timer = clock.setTimer(finish, timeoutMs, true);
    engine.onDrained = finish;
  });
}
