import type { WaitOptions } from '../contract/store.ts';

export function waitOptions(
  lockTimeout: number | undefined,
  signal: AbortSignal | undefined,
): WaitOptions | undefined {
  if (lockTimeout === undefined) return signal === undefined ? undefined : { signal };
  return signal === undefined ? { lockTimeout } : { lockTimeout, signal };
}
