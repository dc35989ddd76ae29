import type { ConnectionFlags } from '../connection-options.ts';

/** What `memstore top` was asked for. Times are milliseconds. */
export interface TopFlags extends ConnectionFlags {
  readonly interval: number;
  readonly count?: number;
}
