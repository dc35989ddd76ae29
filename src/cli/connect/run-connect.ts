import { type ConnectionFlags, connectOptions } from '../connection-options.ts';
import { exitWithReader } from '../exit-codes.ts';
import { openRemote } from '../open-remote.ts';
import { describeTarget } from '../parse-target.ts';

/** The flags of `memstore connect`. Times are milliseconds. */
export interface ConnectFlags extends ConnectionFlags {
  readonly lockTimeout?: number;
  readonly json?: boolean;
}

/** Runs the prompt on a terminal, or a script elsewhere. Returns the exit status. @throws {CliError} */
export async function runConnect(url: string | undefined, flags: ConnectFlags): Promise<number> {
  const options = { ...connectOptions(url, flags), lockTimeout: flags.lockTimeout };
  exitWithReader();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && flags.json !== true;
  if (isTerminal) {
    await using store = await openRemote(options);
    const { runPrompt } = await import('./run-prompt.ts');
    return await runPrompt(store, describeTarget(options));
  }
  // A script that lost its connection, and so its transactions, must not go on.
  await using store = await openRemote({ ...options, reconnectTimeout: 0 });
  const { runScript } = await import('./run-script.ts');
  return await runScript(store);
}
