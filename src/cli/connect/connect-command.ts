import { Command } from 'commander';
import { addConnectionOptions } from '../connection-options.ts';
import type { Finish } from '../exit-codes.ts';
import { parseDuration } from '../parse.ts';
import type { ConnectFlags } from './run-connect.ts';

/** Returns the command `memstore connect`. */
export function connectCommand(finish: Finish): Command {
  return addConnectionOptions(new Command('connect'))
    .summary('open a prompt for commands to a server')
    .description(
      'Opens a prompt on a terminal. Otherwise reads one command per line from standard input, and ' +
        'prints one line of JSON for each. The exit status is 1 if a command failed.',
    )
    .option('--lock-timeout <time>', "maximum wait for a lock (default: the server's)", parseDuration)
    .option('--json', 'print JSON on a terminal too')
    .addHelpText(
      'after',
      `
The prompt keeps track of the current transaction: after BEGIN, commands
without an id belong to it until COMMIT or ROLLBACK. HELP lists the commands.
MEMSTORE_HISTORY sets the history file (~/.local/state/memstore/history).

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
