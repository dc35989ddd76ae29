import { Command } from 'commander';
import { addConnectionOptions } from '../connection-options.ts';
import type { Finish } from '../exit-codes.ts';
import { parseDuration } from '../parse.ts';
import type { ConnectFlags } from './run-connect.ts';

/** Returns the command `memstore connect`. */
export function connectCommand(finish: Finish): Command {
  return addConnectionOptions(new Command('connect'))
    .summary('type commands to a store that is served')
    .description(
      'Opens a prompt on a terminal. Otherwise it reads commands from standard input, one a line, and ' +
        'answers each with a line of JSON; its exit status is 1 when a command failed.',
    )
    .option('--lock-timeout <time>', "longest wait for a lock (the server's)", parseDuration)
    .option('--json', 'lines of JSON on a terminal too')
    .addHelpText(
      'after',
      `
A prompt remembers the transaction one is in: after BEGIN, commands without an
id belong to it, until COMMIT or ROLLBACK. HELP lists the commands.
MEMSTORE_HISTORY names its history (~/.local/state/memstore/history).

Examples:
  memstore connect
  memstore connect db.example:8000 --tls-ca ca.pem
  memstore connect memstore+unix:///run/memstore.sock
  echo 'GET a' | memstore connect
  printf '%s\\n' BEGIN 'PUT a "two words"' COMMIT | memstore connect`,
    )
    .action(async (url: string | undefined, flags: ConnectFlags) => {
      const { runConnect } = await import('./run-connect.ts');
      finish(await runConnect(url, flags));
    });
}
