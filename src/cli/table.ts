import CliTable from 'cli-table3';
import type { Colors } from './colors.ts';

/** Returns a table as text. It has no frame, so that users can copy from it. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  alignRight: ReadonlySet<number> = new Set(),
): string {
  const rendered = new CliTable({
    head: heads.map((head) => colors.bold(head)),
    chars: {
      ...Object.fromEntries(FRAME.map((name) => [name, ''])),
      middle: '  ',
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: heads.map((_, column) => (alignRight.has(column) ? 'right' : 'left')),
  });
  for (const row of rows) rendered.push([...row]);
  return rendered
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const FRAME = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
];
