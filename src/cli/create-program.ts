import { createRequire } from 'node:module';
import { Command } from 'commander';
import { checkCommand } from './check/check-command.ts';
import { connectCommand } from './connect/connect-command.ts';
import { copyCommand } from './copy/copy-command.ts';
import type { Finish } from './exit-codes.ts';
import { serveCommand } from './serve/serve-command.ts';
import { topCommand } from './top/top-command.ts';

/** Returns the program with all commands and their options. The code that runs a command is loaded later. */
export function createProgram(finish: Finish): Command {
  const { version } = createRequire(import.meta.url)('memstore-tx/package.json') as { version: string };
  const program = new Command('memstore')
    .description('A transactional in-memory key/value store: serve one, talk to one, watch one, move one.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      `
Without a command, on a terminal, a menu comes up.

Examples:
  memstore serve                      serve a store on 127.0.0.1:8000
  memstore connect                    type commands to it
  echo 'GET a' | memstore connect     one command from a script
  memstore top                        watch it work
  memstore serve --data ./data        serve a store that is on disk too
  memstore copy <from-url> <to-url>   move a store to another backend
  memstore check ./data               find entries on disk that cannot be read`,
    );
  for (const command of [serveCommand, connectCommand, topCommand, copyCommand, checkCommand])
    program.addCommand(command(finish));
  // A subcommand that is added with `addCommand` inherits no settings.
  for (const command of [program, ...program.commands])
    command
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(withoutPasswords(text)) })
      .showHelpAfterError('(--help says more)')
      .helpOption('-h, --help', 'print this help');
  return program;
}

/** Removes passwords from an error about arguments, since an error may get into a log. */
function withoutPasswords(text: string): string {
  return text.replace(/[^\s']*@/g, '…@').replace(/(--pass[\w-]*=)[^']*/g, '$1…');
}
