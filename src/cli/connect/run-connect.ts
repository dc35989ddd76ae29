import { type ConnectionFlags, connectOptions } from '../connection-options.ts';
import { exitWithReader } from '../exit-codes.ts';
import { openRemote } from '../open-remote.ts';
import { describeTarget } from '../parse-target.ts';

/** The command-line options of `memstore connect`. Times are in milliseconds. */
export interface ConnectFlags extends ConnectionFlags {
  readonly lockTimeout?: number;
  readonly json?: boolean;
}

/**
 * Runs the prompt on a terminal, or otherwise a script from standard input. Returns the exit status.
 * @throws {CliError}
 */
export async function runConnect(url: string | undefined, flags: ConnectFlags): Promise<number> {
  const options = { ...connectOptions(url, flags), lockTimeout: flags.lockTimeout };
  exitWithReader();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && flags.json !== true;
  if (isTerminal) {
    await using store = await openRemote(options);
    const { runPrompt } = await import('./run-prompt.ts');
    return await runPrompt(store, describeTarget(options));
  }
  // A script must not continue after the connection and its transactions are lost, so do not reconnect.
  await using store = await openRemote({ ...options, reconnectTimeout: 0 });
  const { runScript } = await import('./run-script.ts');
  return await runScript(store);
}
