import { MemStoreError } from '../../../index.ts';
import { commandRows } from '../../../protocol/commands.ts';
import type { HelpRow } from '../answer.ts';
import type { VerbCode } from '../verb.ts';

const rows: readonly HelpRow[] = commandRows.flatMap(([name, { prompt, summary }]) =>
  prompt === undefined ? [] : [[`${name} ${prompt}`.trimEnd(), summary]],
);
// The list must fit on a screen of 24 rows. So it omits SET, which is the same as PUT, and DBSIZE, whose
// result is in STATS.
const listed = rows.filter(([usage]) => !/^(SET|DBSIZE)\b/.test(usage));

/** The command that lists and explains the prompt commands. */
export const helpVerb: VerbCode = {
  async run(words) {
    const topic = words.left > 0 ? words.text().toUpperCase() : undefined;
    words.end();
    const commands =
      topic === undefined ? listed : rows.filter(([usage]) => usage.split(' ', 1)[0] === topic);
    if (commands.length > 0) return { kind: 'help', commands };
    throw new MemStoreError('UNKNOWN_COMMAND', `There is no command ${topic}. HELP lists the commands.`);
  },
};
