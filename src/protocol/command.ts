import type { WatchOptions, WatchRange } from '../contract/changes.ts';
import type { UpdateTtl } from '../contract/direct-operations.ts';
import type { RangeBounds } from '../contract/key-range.ts';
import type { RangeOptions } from '../contract/options.ts';

/** The options of a scan on the wire. */
export type WireRange = Omit<RangeOptions, 'signal' | 'lockTimeout'>;

/** A command that reads or changes data. All times are in milliseconds. */
export type DataCommand =
  | {
      readonly name: 'BEGIN';
      readonly readOnly: boolean;
      /** The reserved id that the transaction gets. */
      readonly id: number | undefined;
      readonly age: number | undefined;
      readonly idleTimeout: number | undefined;
    }
  | { readonly name: 'RESERVE'; readonly count: number }
  | { readonly name: 'COMMIT' | 'ROLLBACK' | 'COMMITALL' | 'SAVEPOINT' }
  | { readonly name: 'GET' | 'GETFORUPDATE' | 'PTTL' | 'TAKE'; readonly key: string }
  | { readonly name: 'MGET' | 'EXISTS' | 'DEL'; readonly keys: string[] }
  | { readonly name: 'SET'; readonly key: string; readonly value: unknown; readonly ttl: number | undefined }
  | {
      readonly name: 'PUTIFABSENT';
      readonly key: string;
      readonly value: unknown;
      readonly ttl: number | undefined;
    }
  /** Puts a value, and keeps the deadline of an entry that exists. */
  | { readonly name: 'REPLACE'; readonly key: string; readonly value: unknown }
  | {
      readonly name: 'INCREMENT';
      readonly key: string;
      readonly by: number | bigint;
      readonly ttl: UpdateTtl | undefined;
    }
  | { readonly name: 'SETTTL'; readonly key: string; readonly ttl: number }
  | { readonly name: 'CLEAR'; readonly range: RangeBounds }
  | {
      readonly name: 'MSET';
      readonly entries: (readonly [key: string, value: unknown])[];
      readonly ttl: number | undefined;
    }
  | { readonly name: 'ROLLBACKTO'; readonly savepoint: number }
  /** Without credit, one reply has everything. */
  | { readonly name: 'ENTRIES'; readonly range: WireRange; readonly credit: number | undefined }
  | { readonly name: 'SHOWALL'; readonly credit: number | undefined }
  /** Opens a change feed of a key or a range. The store checks the options. */
  | {
      readonly name: 'CHANGES';
      readonly range: string | WatchRange;
      readonly options: Omit<WatchOptions, 'signal'>;
    }
  | { readonly name: 'NEXT'; readonly cursor: number; readonly credit: number }
  | { readonly name: 'CLOSECURSOR'; readonly cursor: number }
  | { readonly name: 'CANCEL'; readonly tag: number }
  /** A quiet command that could not be parsed. Its transaction must be rolled back. */
  | { readonly name: 'REFUSED'; readonly error: unknown }
  /** Without credit, one reply has everything. */
  | { readonly name: 'LOCKS'; readonly credit: number | undefined }
  | { readonly name: 'STATS' | 'LOCKSUMMARY' | 'DBSIZE' };

/** A command after which the connection may refuse later commands. */
export type GateCommand =
  | { readonly name: 'MULTI' | 'EXEC' | 'DISCARD' | 'WATCH' | 'UNWATCH' }
  /** `database` is undefined if there is not exactly one argument, or if the argument is not text. */
  | { readonly name: 'SELECT'; readonly database: string | undefined };

/** A command that concerns the connection. */
export type ConnectionCommand =
  | GateCommand
  | { readonly name: 'TIME' | 'RESET' | 'QUIT' }
  | { readonly name: 'MUX'; readonly messagePack: boolean }
  | {
      readonly name: 'HELLO';
      readonly version: number | undefined;
      readonly password: string | undefined;
      readonly clientName: string | undefined;
    }
  | { readonly name: 'AUTH'; readonly password: string }
  | { readonly name: 'PING'; readonly message: string | Uint8Array | undefined }
  | { readonly name: 'ECHO'; readonly message: string | Uint8Array }
  | { readonly name: 'INFO' | 'COMMAND' | 'CONFIG' | 'CLIENT'; readonly words: readonly string[] };

/** The command of one request, with parsed arguments. */
export type Command = DataCommand | ConnectionCommand;

/** One request: a command with its prefixes. */
export interface Request {
  readonly command: Command;
  readonly transactionId: number | undefined;
  readonly lockTimeoutMs: number | undefined;
  /** True if `CANCEL` can cancel the request. */
  readonly cancellable: boolean;
  /** True if the server replies only if the request fails. The failure then ends the transaction. */
  readonly quiet: boolean;
}
