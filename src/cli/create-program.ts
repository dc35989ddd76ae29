import { createRequire } from 'node:module';
import { Command } from 'commander';
import { checkCommand } from './check/check-command.ts';
import { connectCommand } from './connect/connect-command.ts';
import { copyCommand } from './copy/copy-command.ts';
import type { Finish } from './exit-codes.ts';
import { serveCommand } from './serve/serve-command.ts';
import { topCommand } from './top/top-command.ts';

/** Returns the program with all commands and their options. The code of a command is loaded when it runs. */
export function createProgram(finish: Finish): Command {
  const { version } = createRequire(import.meta.url)('memstore-tx/package.json') as { version: string };
  const program = new Command('memstore')
    .description('Serve, query, monitor and copy transactional in-memory key/value stores.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      `
Without a command, memstore shows a menu if it runs on a terminal.

Examples:
  memstore serve                      serve a store on 127.0.0.1:8000
  memstore connect                    open a prompt for its commands
  echo 'GET a' | memstore connect     run one command from a script
  memstore top                        monitor it
  memstore serve --data ./data        serve a store that is kept on disk too
  memstore copy <from-url> <to-url>   copy a store to another backend
  memstore check ./data               find entries on disk that cannot be read`,
    );
  for (const command of [serveCommand, connectCommand, topCommand, copyCommand, checkCommand])
    program.addCommand(command(finish));
  // Subcommands that are added with `addCommand` inherit no settings.
  for (const command of [program, ...program.commands])
    command
      .exitOverride()
      .configureOutput({ outputError: (text, write) => write(withoutPasswords(text)) })
      .showHelpAfterError('(run with --help for details)')
      .helpOption('-h, --help', 'print this help');
  return program;
}

/** Removes passwords from an error about arguments, because errors may be logged. */
function withoutPasswords(text: string): string {
  return text.replace(/[^\s']*@/g, '…@').replace(/(--pass[\w-]*=)[^']*/g, '$1…');
}
