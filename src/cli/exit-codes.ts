/** The exit statuses of the command, as documented in docs/guide/command-line.md. */
export const exitCodes = {
  ok: 0,
  /** The command failed while it ran: a line of a script failed, or the connection was lost. */
  failed: 1,
  /** The arguments are wrong. */
  usage: 2,
  /** The server cannot listen: the port is in use, or the user has no permission. */
  cannotListen: 3,
  /** The client cannot reach the server, or the server refuses it. */
  cannotConnect: 4,
  /** The data on disk cannot be opened: another process has it open, or it is damaged. */
  cannotOpen: 5,
} as const;

/** Returns the exit status that shells report for a process that was ended by this signal. */
export function signalExitCode(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): number {
  return { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal];
}

/** A callback that receives the exit status of a command. */
export type Finish = (status: number) => void;

/** An error that ends the command with a message for the user and an exit status. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** Ends the process when the reader of its output ends, as in `memstore top | head -3`. */
export function exitWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.failed);
  });
}
