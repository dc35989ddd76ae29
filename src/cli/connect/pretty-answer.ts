import { inspect } from 'node:util';
import type { LockReport, LockSummary } from '../../index.ts';
import type { Colors } from '../colors.ts';
import { cutText, visibleLines, visibleText } from '../cut-text.ts';
import { formatCount, formatDuration, formatSize } from '../format.ts';
import { lockText } from '../lock-text.ts';
import { table } from '../table.ts';
import { wrapText } from '../wrap-text.ts';
import type { Answer, HelpRow } from './answer.ts';

/** The settings for displaying an answer. */
export interface Look {
  readonly colors: Colors;
  /** The number of columns of the terminal. */
  readonly width: number;
}

/** The maximum width of a key in a table, as a fraction of the width of the terminal. */
const KEY_SHARE = 0.4;
/** The column where the summaries begin in a list of commands. */
const HELP_COLUMN = 30;

/** Returns an answer as text for people: one or more lines, without a final line end. */
export function prettyAnswer(answer: Answer, look: Look): string {
  const { colors } = look;
  switch (answer.kind) {
    case 'ok':
      return colors.green('OK');
    case 'begun':
      return `${colors.green('OK')} ${answer.readOnly ? 'snapshot' : 'transaction'} ${answer.transactionId}`;
    case 'value':
      return shown(answer.value, look);
    case 'values':
      return answer.keys
        .map((key, i) => `${visibleText(key)} ${colors.dim('→')} ${shown(answer.values[i], look)}`)
        .join('\n');
    case 'count':
      return counted(answer, colors);
    case 'ttl':
      return ttlText(answer.ttlMs, answer.exists);
    case 'savepoint':
      return `${colors.green('OK')} savepoint ${answer.number}`;
    case 'entries': {
      const rows = answer.rows.map(([key, value]) => cells(key, value, look));
      return listed(['key', 'value'], rows, answer.hasMore, look);
    }
    case 'everything': {
      const rows = answer.rows.map(([key, value, holder]) => [
        ...cells(key, value, look),
        holder === undefined ? colors.dim('-') : colors.yellow(String(holder)),
      ]);
      return listed(['key', 'value', 'held by'], rows, answer.hasMore, look);
    }
    case 'stats':
      return facts(
        Object.entries(answer.stats).map(([name, value]) => [words(name), statText(name, value)]),
        colors,
      );
    case 'locks':
      return lockTables(answer.report, look);
    case 'lock-summary':
      return lockFigures(answer.summary, look);
    case 'info':
      return facts(Object.entries(answer.info), colors);
    case 'text':
      return answer.text;
    case 'help':
      return helpText(answer.commands, look);
  }
}

function ttlText(ttlMs: number | undefined, exists: boolean): string {
  if (!exists) return 'the key does not exist';
  return ttlMs === undefined ? 'never expires' : `${formatCount(Math.ceil(ttlMs))} ms`;
}

/** Returns the full help of one command, or one line for each of several commands. */
function helpText(commands: readonly HelpRow[], { colors, width }: Look): string {
  const bold = (usage: string): string => usage.replace(/^\S+/, (verb) => colors.bold(verb));
  const [first, ...others] = commands;
  if (first !== undefined && others.length === 0)
    return `${bold(wrapText(first[0], width))}\n${colors.dim(first[1])}`;
  const line = ([usage, summary]: HelpRow): string => {
    const short = cutText(usage, HELP_COLUMN - 1);
    return `${bold(short)}${' '.repeat(HELP_COLUMN - short.length)}${colors.dim(summary)}`;
  };
  return commands.map(line).join('\n');
}

function counted({ of, count }: Extract<Answer, { readonly kind: 'count' }>, colors: Colors): string {
  switch (of) {
    case 'deleted':
      return count > 0 ? `${colors.green('OK')} deleted` : colors.dim('the key did not exist');
    case 'written':
      return count > 0 ? `${colors.green('OK')} written` : colors.dim('nothing was written');
    case 'existing':
      return count > 0 ? 'yes' : 'no';
    case 'entries':
      return `${formatCount(count)} ${count === 1 ? 'entry' : 'entries'}`;
  }
}

/** Returns a string in quotes, and any other value as `util.inspect` shows it. */
function shown(value: unknown, { colors, width }: Look): string {
  if (value === undefined) return colors.dim('(no such key)');
  if (typeof value === 'string') return colors.green(visibleText(JSON.stringify(value)));
  return visibleLines(inspect(value, { colors: colors.isColorSupported, breakLength: width, depth: null }));
}

function cells(key: string, value: unknown, { colors, width }: Look): string[] {
  const most = Math.max(10, Math.floor(width * KEY_SHARE));
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { breakLength: Infinity });
  // Leaves room for the third column and the gaps. Letters of some scripts are two columns wide.
  const room = width - Math.min(most, /[^ -~]/.test(key) ? most : key.length) - 12;
  return [cutText(key, most), colors.green(cutText(text, Math.max(20, room)))];
}

function listed(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  hasMore: boolean,
  { colors }: Look,
): string {
  if (rows.length === 0) return colors.dim('(nothing)');
  const more = hasMore ? ', and there are more: use LIMIT n to see n of them' : '';
  const count = `${formatCount(rows.length)} ${rows.length === 1 ? 'entry' : 'entries'}${more}`;
  return `${table(heads, rows, colors)}\n${colors.dim(count)}`;
}

function facts(rows: readonly (readonly [name: string, value: string])[], colors: Colors): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${colors.dim(name.padEnd(width))}  ${value}`).join('\n');
}

/** Returns a name such as `oldestSnapshotAgeMs` as words, without its unit. */
function words(name: string): string {
  return name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function statText(name: string, value: number | undefined): string {
  if (value === undefined) return '-';
  if (name.endsWith('Ms')) return formatDuration(value);
  return name === 'cacheSize' && value > 0 ? formatSize(value) : formatCount(value);
}

function lockTables({ held, waiting }: LockReport, { colors }: Look): string {
  if (held.length === 0 && waiting.length === 0) return colors.dim('(no locks)');
  const holders = held.map((lock) => [String(lock.transactionId), lock.mode, lockText(lock)]);
  const text = table(['transaction', 'holds', 'on'], holders, colors);
  if (waiting.length === 0) return text;
  const waiters = waiting.map((lock) => [
    colors.yellow(String(lock.transactionId)),
    lock.mode,
    lockText(lock),
    lock.waitsFor.join(', '),
  ]);
  return `${text}\n\n${table(['transaction', 'waits for', 'on', 'behind'], waiters, colors)}`;
}

function lockFigures(summary: LockSummary, { colors }: Look): string {
  const { held, exclusive, waiting, longestWaitMs, contended } = summary;
  const figures = facts(
    [
      ['held', `${formatCount(held)}, ${formatCount(exclusive)} exclusive`],
      ['waiting', formatCount(waiting)],
      ['longest wait', longestWaitMs === undefined ? '-' : formatDuration(longestWaitMs)],
    ],
    colors,
  );
  if (contended.length === 0) return figures;
  const rows = contended.map((target) => [formatCount(target.waiting), lockText(target)]);
  return `${figures}\n\n${table(['waiting', 'for'], rows, colors)}`;
}
