import type { LockSummary } from '../../index.ts';
import type { Colors } from '../colors.ts';
import { cutLine, cutText } from '../cut-text.ts';
import { formatCount, formatDuration, formatSize } from '../format.ts';
import { lockText } from '../lock-text.ts';
import { table } from '../table.ts';
import type { Rates, Sample } from './sample.ts';

/** The data that a screen shows. */
export interface View {
  readonly where: string;
  readonly sample: Sample;
  readonly rates: Rates;
  /** The commits per second of the last intervals, the latest last. */
  readonly commitRates: readonly number[];
  /** The reason why the sample is not current, if it is not. */
  readonly trouble: string | undefined;
  readonly isHeld: boolean;
}

const LABEL_WIDTH = 14;
const NUMBER_WIDTH = 10;

/** Draws a view to fit a terminal. Cuts lines that are too wide, and shows how many rows do not fit. */
export function drawScreen(view: View, width: number, height: number, colors: Colors): string {
  const lines = [header(view, width, colors), '', ...figures(view, width, colors), ''];
  const room = height - lines.length - 1;
  lines.push(...waits(view.sample.locks, room, width, colors));
  // Always draw the same number of lines, so that no line of a longer screen remains.
  const shown = Array.from({ length: height - 1 }, (_, row) => lines[row] ?? '');
  return shown.map((line) => cutLine(line, width)).join('\n');
}

function header({ where, sample, trouble, isHeld }: View, width: number, colors: Colors): string {
  const title = 'memstore top';
  const state =
    trouble ?? (isHeld ? 'paused; space resumes' : `up ${formatDuration(sample.uptimeMs)}, q quits`);
  // The address is the least important, so it gets only the remaining space.
  const room = Math.max(0, width - title.length - state.length - 4);
  const paint = trouble === undefined ? colors.dim : colors.red;
  return `${colors.bold(title)}  ${cutText(where, room).padEnd(room)}  ${paint(state)}`;
}

function figures({ sample, rates, commitRates }: View, width: number, colors: Colors): string[] {
  const { stats, locks } = sample;
  const line = (label: string, number: string, rest: string): string =>
    `${label.padEnd(LABEL_WIDTH)}${colors.bold(number.padStart(NUMBER_WIDTH))}  ${rest}`;
  const dim = colors.dim;
  const lockCounts = `${formatCount(locks.held)} locks, ${formatCount(locks.exclusive)} exclusive`;
  const waiting = stats.waitingOperations > 0 ? colors.yellow : dim;
  const deadlocks = rates.deadlocks > 0 ? colors.red : dim;
  const oldest =
    stats.oldestSnapshotAgeMs === undefined
      ? ''
      : `, the oldest ${formatDuration(stats.oldestSnapshotAgeMs)}`;
  return [
    line(
      'commits/s',
      formatCount(rates.commits),
      colors.cyan(sparkline(commitRates, width - LABEL_WIDTH - NUMBER_WIDTH - 2)),
    ),
    line(
      'rollbacks/s',
      formatCount(rates.rollbacks),
      dim(`${formatCount(stats.rollbacks)} in total, of ${formatCount(stats.begins)} transactions`),
    ),
    line('deadlocks/s', formatCount(rates.deadlocks), deadlocks(`${formatCount(stats.deadlocks)} in total`)),
    line(
      'lock waits/s',
      formatCount(rates.lockWaits),
      dim(`${formatCount(stats.lockTimeouts)} timed out in total`),
    ),
    line(
      'transactions',
      formatCount(stats.activeTransactions),
      waiting(`${formatCount(stats.waitingOperations)} waiting`) + dim(`, ${lockCounts}`),
    ),
    line(
      'snapshots',
      formatCount(stats.activeSnapshots),
      dim(`${formatCount(stats.historyVersions)} old versions${oldest}`),
    ),
    line(
      'entries',
      formatCount(stats.entries),
      dim(
        `${formatCount(rates.evictions)} evicted/s, ${formatCount(rates.expirations)} expired/s, ` +
          `${formatCount(stats.expiringEntries)} to expire`,
      ),
    ),
    line(
      'memory',
      formatSize(sample.residentBytes),
      dim(
        `heap ${formatSize(sample.heapBytes)}` +
          (stats.cacheSize > 0 ? `, values about ${formatSize(stats.cacheSize)}` : ''),
      ),
    ),
    line('clients', formatCount(sample.clients), ''),
  ];
}

function waits(
  { waiting, waits: first }: LockSummary,
  room: number,
  width: number,
  colors: Colors,
): string[] {
  if (waiting === 0) return [colors.dim('No transaction waits for a lock.')];
  // The table header needs one line, and the number of omitted rows needs another.
  const shown = first.slice(0, Math.max(0, waiting <= room - 1 ? waiting : room - 2));
  const rows = shown.map((lock) => [
    colors.yellow(String(lock.transactionId)),
    lock.mode,
    cutText(lockText(lock), Math.max(10, width - 45)),
    cutText(lock.waitsFor.join(', '), 20),
  ]);
  const left = waiting - shown.length;
  return [
    ...table(['transaction', 'waits for', 'on', 'behind'], rows, colors).split('\n'),
    ...(left === 0 ? [] : [colors.dim(`and ${formatCount(left)} more`)]),
  ];
}

const LEVELS = '▁▂▃▄▅▆▇█';

/** Draws the latest numbers as a row of `width` bars. The largest number has the highest bar. */
function sparkline(numbers: readonly number[], width: number): string {
  const latest = numbers.slice(-width);
  const greatest = Math.max(...latest);
  return latest
    .map((number) => LEVELS[greatest === 0 ? 0 : Math.round((number / greatest) * (LEVELS.length - 1))])
    .join('');
}
