import { setMaxListeners } from 'node:events';
import type { WaitOptions } from '../contract/store.ts';

/** Returns a controller whose signal may have any number of listeners without a warning of a leak. */
export function endlessController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

export function waitOptions(
  lockTimeout: number | undefined,
  signal: AbortSignal | undefined,
): WaitOptions | undefined {
  if (lockTimeout === undefined) return signal === undefined ? undefined : { signal };
  return signal === undefined ? { lockTimeout } : { lockTimeout, signal };
}
