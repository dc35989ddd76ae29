import { Command, Option } from 'commander';
import { addConnectionOptions } from '../connection-options.ts';
import type { Finish } from '../exit-codes.ts';
import { parseCount, parseInterval } from '../parse.ts';
import type { TopFlags } from './run-top.ts';

/** Returns the command `memstore top`. */
export function topCommand(finish: Finish): Command {
  return addConnectionOptions(new Command('top'))
    .summary('monitor a store')
    .description(
      'Shows throughput, transactions, lock waits, deadlocks and memory. Draws a screen on a terminal, ' +
        'and prints one line of name=value pairs per interval otherwise.',
    )
    .addOption(
      new Option('-i, --interval <time>', 'time between two samples')
        .argParser(parseInterval)
        .default(1_000, '1s'),
    )
    .option('-n, --count <n>', 'stop after this number of samples', parseCount(1))
    .addHelpText(
      'after',
      `
Keys: q quits, space pauses.

Examples:
  memstore top
  memstore top db.example:8000 --interval 5s
  memstore top --count 60 > minute.log`,
    )
    .action(async (url: string | undefined, flags: TopFlags) => {
      const { runTop } = await import('./run-top.ts');
      finish(await runTop(url, flags));
    });
}
