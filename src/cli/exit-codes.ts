/** How the command tells its caller what became of it; docs/guide/command-line.md promises these. */
export const exitCodes = {
  ok: 0,
  /** Something went wrong while it ran: a command of a script failed, the connection was lost. */
  failed: 1,
  /** It was called wrongly. */
  usage: 2,
  /** The server cannot listen: the port is in use, or not for this user. */
  cannotListen: 3,
  /** The server cannot be reached, or does not let the client in. */
  cannotConnect: 4,
  /** What is on disk cannot be opened: another process has it, or it is damaged. */
  cannotOpen: 5,
} as const;

/** The status that shells give a process that a signal has ended. */
export function signalExitCode(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): number {
  return { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal];
}

/** Told the exit status of the command that ran. */
export type Finish = (status: number) => void;

/** Ends the command with a sentence for the user and an exit status. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** Ends the process when nobody reads its answers any more, as in `memstore top | head -3`. */
export function exitWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.failed);
  });
}
