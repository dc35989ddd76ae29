import {
  type CommandName,
  type CommandRow,
  commandRows,
  endsWithId,
  hasFlag,
} from '../../../protocol/commands.ts';
import type { Verb, VerbCode, VerbCodes } from '../verb.ts';
import { dataVerbs } from './data-verbs.ts';
import { helpVerb } from './help-verb.ts';
import { reportVerbs } from './report-verbs.ts';
import { transactionVerbs } from './transaction-verbs.ts';

const codes: VerbCodes = { ...dataVerbs, ...transactionVerbs, ...reportVerbs, HELP: helpVerb };

/** The kind of completion for a first argument, by its spelling in the table of commands. */
const COMPLETIONS: ReadonlyMap<string | undefined, Verb['completes']> = new Map([
  ['key', 'keys'],
  ['[id]', 'transactions'],
  ['[command]', 'verbs'],
]);

/** All prompt commands by name. The prompt itself handles `EXIT` and `QUIT`. */
export const verbs: ReadonlyMap<string, Verb> = new Map(
  commandRows.flatMap(([name, row]) => {
    const code = codes[name];
    return code === undefined ? [] : [[name, verbOf(name, row, code)]];
  }),
);

function verbOf(name: CommandName, row: CommandRow, code: VerbCode): Verb {
  const { scope, prompt: usage = '' } = row;
  const belongsTo = scope === 'transaction' || scope === 'either' ? scope : 'store';
  return {
    ...code,
    name,
    usage,
    belongsTo,
    isDestructive: hasFlag(row, 'destructive'),
    endsWithId: (words) => belongsTo !== 'store' && endsWithId(usage, words),
    completes: COMPLETIONS.get(usage.split(' ', 1)[0]),
    keywords: usage.match(/\b[A-Z]{2,}\b/g) ?? [],
  };
}
