import type { CheckedEntry } from '../../journal/lmdb/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatCount } from '../format.ts';
import { loadOptional, openOrFail } from '../open-or-fail.ts';

/** The command-line options of `memstore check`. */
export interface CheckFlags {
  readonly setAside?: boolean;
  readonly restore?: boolean;
}

/**
 * Checks a journal, prints the result and returns the exit status.
 * @throws {CliError}
 */
export async function runCheck(path: string, { setAside, restore }: CheckFlags): Promise<number> {
  const { checkJournal } = await loadOptional('lmdb', () => import('../../journal/lmdb/index.ts'));
  const repair = setAside === true ? 'set-aside' : restore === true ? 'restore' : undefined;
  const found = await openOrFail(checkJournal({ path, repair }));
  const lines = [
    ...found.unreadable.map((entry) => line('unreadable', entry)),
    ...found.setAside.map((entry) => line('set aside', entry)),
    `${formatCount(found.entries)} ${found.entries === 1 ? 'entry' : 'entries'}, ` +
      `${formatCount(found.unreadable.length)} unreadable, ${formatCount(found.setAside.length)} set aside`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return found.unreadable.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function line(state: string, { key, bytes, reason = 'can be read now' }: CheckedEntry): string {
  return `${state} ${JSON.stringify(key)} (${formatCount(bytes)} bytes): ${reason}`;
}
