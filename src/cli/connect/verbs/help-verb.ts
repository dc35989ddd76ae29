import { MemStoreError } from '../../../index.ts';
import type { HelpRow } from '../answer.ts';
import type { Verb } from '../verb.ts';

/** The command that explains these, itself, and those of the prompt. */
export function helpVerb(others: readonly Verb[]): Verb {
  const help: Verb = {
    name: 'HELP',
    usage: '[command]',
    summary: 'this list, or how one is written',
    belongsTo: 'store',
    completes: 'verbs',
    async run(words) {
      const topic = words.left > 0 ? words.text().toUpperCase() : undefined;
      words.end();
      const commands =
        topic === undefined ? listed : rows.filter(([usage]) => usage.split(' ', 1)[0] === topic);
      if (commands.length > 0) return { kind: 'help', commands };
      throw new MemStoreError('UNKNOWN_COMMAND', `There is no command ${topic}. HELP lists them.`);
    },
  };
  const rows: readonly HelpRow[] = [
    ...[...others, help].map(({ name, usage, summary }): HelpRow => [`${name} ${usage}`.trimEnd(), summary]),
    ['EXIT', 'rolls back what is open, and leaves; or Ctrl-D'],
  ];
  // The list must fit on a screen of 24 rows: it omits SET, which is the same as PUT, and DBSIZE, which STATS
  // includes.
  const listed = rows.filter(([usage]) => !/^(SET|DBSIZE)\b/.test(usage));
  return help;
}
