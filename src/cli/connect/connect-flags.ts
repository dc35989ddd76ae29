import type { ConnectionFlags } from '../connection-options.ts';

/** What `memstore connect` was asked for. Times are milliseconds. */
export interface ConnectFlags extends ConnectionFlags {
  readonly lockTimeout?: number;
  readonly json?: boolean;
}
