import { Command, Option } from 'commander';
import type { Finish } from '../exit-codes.ts';
import type { CheckFlags } from './run-check.ts';

/** Returns the command `memstore check`. */
export function checkCommand(finish: Finish): Command {
  return new Command('check')
    .summary('find entries on disk that cannot be read')
    .description(
      'Reads every entry in the directory of "serve --data". Lists unreadable entries, and those ' +
        'that were\nset aside. Changes nothing without an option. No server may have the directory open.',
    )
    .argument('<dir>', 'the directory')
    .addOption(
      new Option(
        '--set-aside',
        'remove unreadable entries from the store; their bytes stay in the file',
      ).conflicts('restore'),
    )
    .option('--restore', 'put set-aside entries back if they can be read now and their key is free')
    .addHelpText(
      'after',
      `
Exit status: 0 if every entry can be read, 1 if some cannot, 5 if the directory cannot be opened.

Examples:
  memstore check ./data
  memstore check ./data --set-aside`,
    )
    .action(async (directory: string, flags: CheckFlags) => {
      const { runCheck } = await import('./run-check.ts');
      finish(await runCheck(directory, flags));
    });
}
