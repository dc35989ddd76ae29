import { setTimeout as delay } from 'node:timers/promises';

/** Waits so long, or until the signal is aborted. */
export async function delayUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
