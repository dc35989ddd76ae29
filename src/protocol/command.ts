import type { RangeOptions } from '../contract/options.ts';

/** The options of a scan on the wire. */
export type WireRange = Omit<RangeOptions, 'signal' | 'lockTimeout'>;

/** A command about the data. Times are milliseconds. */
export type DataCommand =
  | {
      readonly name: 'BEGIN';
      readonly readOnly: boolean;
      /** A reserved id. */
      readonly id: number | undefined;
      readonly age: number | undefined;
      /** In milliseconds. */
      readonly idleTimeout: number | undefined;
    }
  | { readonly name: 'RESERVE'; readonly count: number }
  | { readonly name: 'COMMIT' | 'ROLLBACK' | 'COMMITALL' | 'SAVEPOINT' }
  | { readonly name: 'GET' | 'GETFORUPDATE' | 'PTTL'; readonly key: string }
  | { readonly name: 'MGET' | 'EXISTS' | 'DEL'; readonly keys: string[] }
  | { readonly name: 'SET'; readonly key: string; readonly value: unknown; readonly ttl: number | undefined }
  | {
      readonly name: 'MSET';
      readonly entries: (readonly [key: string, value: unknown])[];
      readonly ttl: number | undefined;
    }
  | { readonly name: 'ROLLBACKTO'; readonly savepoint: number }
  /** Without credit, one reply has everything. */
  | { readonly name: 'ENTRIES'; readonly range: WireRange; readonly credit: number | undefined }
  | { readonly name: 'SHOWALL'; readonly credit: number | undefined }
  | { readonly name: 'NEXT'; readonly cursor: number; readonly credit: number }
  | { readonly name: 'CLOSECURSOR'; readonly cursor: number }
  | { readonly name: 'CANCEL'; readonly tag: number }
  /** A command that could not be understood, of a transaction that must not go on without it. */
  | { readonly name: 'REFUSED'; readonly error: unknown }
  /** Without credit, one reply has everything. */
  | { readonly name: 'LOCKS'; readonly credit: number | undefined }
  | { readonly name: 'STATS' | 'LOCKSUMMARY' | 'DBSIZE' };

/** A command that decides whether the connection runs the commands behind it. */
export type GateCommand =
  | { readonly name: 'MULTI' | 'EXEC' | 'DISCARD' | 'WATCH' | 'UNWATCH' }
  /** `database` is undefined unless there is exactly one argument and it is text. */
  | { readonly name: 'SELECT'; readonly database: string | undefined };

/** A command about the connection. */
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

/** One request: a command and its prefixes. */
export interface Request {
  readonly command: Command;
  readonly transactionId: number | undefined;
  readonly lockTimeoutMs: number | undefined;
  /** Whether `CANCEL` may name it. */
  readonly cancellable: boolean;
  /** Whether only its failure is answered, which then ends its transaction. */
  readonly quiet: boolean;
}
