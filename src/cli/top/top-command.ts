import { Command, Option } from 'commander';
import { addConnectionOptions } from '../connection-options.ts';
import type { Finish } from '../exit-codes.ts';
import { parseCount, parseInterval } from '../parse.ts';
import type { TopFlags } from './run-top.ts';

/** Returns the command `memstore top`. */
export function topCommand(finish: Finish): Command {
  return addConnectionOptions(new Command('top'))
    .summary('watch a store at work')
    .description(
      'Shows throughput, open transactions, who waits for whom, deadlocks and memory: a screen on a terminal, ' +
        'otherwise one line of name=value pairs for each interval.',
    )
    .addOption(
      new Option('-i, --interval <time>', 'between two looks').argParser(parseInterval).default(1_000, '1s'),
    )
    .option('-n, --count <n>', 'end after so many looks', parseCount(1))
    .addHelpText(
      'after',
      `
Keys: q leaves, space holds the screen.

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
