import { type ConnectionFlags, connectOptions } from '../connection-options.ts';
import { exitWithReader } from '../exit-codes.ts';
import { openRemote } from '../open-remote.ts';
import { describeTarget } from '../parse-target.ts';

/** What `memstore connect` was asked for. Times are milliseconds. */
export interface ConnectFlags extends ConnectionFlags {
  readonly lockTimeout?: number;
  readonly json?: boolean;
}

/** Talks to a server, with somebody at a terminal or with a script; gives the exit status. @throws {CliError} */
export async function runConnect(url: string | undefined, flags: ConnectFlags): Promise<number> {
  const options = { ...connectOptions(url, flags), lockTimeout: flags.lockTimeout };
  exitWithReader();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && flags.json !== true;
  if (isTerminal) {
    await using store = await openRemote(options);
    const { runPrompt } = await import('./run-prompt.ts');
    return await runPrompt(store, describeTarget(options));
  }
  // A script that has lost its connection should not go on with half of what it did.
  await using store = await openRemote({ ...options, reconnectTimeout: 0 });
  const { runScript } = await import('./run-script.ts');
  return await runScript(store);
}
