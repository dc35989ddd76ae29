import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deadlock } from '../../examples/tour/deadlock.ts';
import { onCall } from '../../examples/tour/on-call.ts';
import { readRegion } from '../../examples/tour/region.ts';
import { Report } from '../../examples/tour/report.ts';

const TOUR = new URL('../../examples/tour/', import.meta.url);
/** The number of columns, out of 80, that the indent and the bar leave free. */
const CODE_WIDTH = 75;

/** Returns the arguments of each call of `report.code` in the tour: a file and names of regions. */
function shownCode(): string[][] {
  return readdirSync(TOUR).flatMap((file) => {
    const calls = readFileSync(new URL(file, TOUR), 'utf8').matchAll(/report\.code\(([^)]*)\)/g);
    return Array.from(calls, ([, list = '']) => Array.from(list.matchAll(/'([^']*)'/g), ([, it = '']) => it));
  });
}

async function linesOf(chapter: (report: Report) => Promise<void>): Promise<string[]> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  const report = new Report();
  await chapter(report);
  expect(report.brokenClaims).toBe(0);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours.
  return log.mock.calls.map(([line = '']) => String(line).replace(/\x1b\[\d+m/g, ''));
}

describe('the tour', () => {
  it('shows decisive lines in each of its five chapters', () => {
    const files = new Set(shownCode().map(([file]) => file));
    expect([...files].sort()).toEqual([
      'bank-audits.ts',
      'bank.ts',
      'deadlock.ts',
      'job-queue.ts',
      'on-call.ts',
      'session-cache.ts',
    ]);
  });

  it.each(shownCode().map(([file = '', ...names]) => [`${file}: ${names.join(', ')}`, file, names] as const))(
    'shows 2 to 6 lines that fit a terminal of 80 columns: %s',
    (_, file, names) => {
      const lines = names.flatMap((name) => readRegion(file, name).lines);
      expect(lines.length).toBeGreaterThanOrEqual(2);
      expect(lines.length).toBeLessThanOrEqual(6);
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(CODE_WIDTH);
    },
  );

  it.each([
    ['deadlock', deadlock, 'two wait', 'store.locks():'],
    ['deadlock', deadlock, 'close the cycle', 'error.cycle:'],
    ['on-call', onCall, 'leave', 'doctors who left'],
  ])('prints the outcome of %s below its own lines', async (name, chapter, region, outcome) => {
    const printed = await linesOf(chapter);
    const { start, lines } = readRegion(`${name}.ts`, region);
    const at = printed.indexOf(`   examples/tour/${name}.ts:${start}`) + 1;
    expect(printed.slice(at, at + lines.length)).toEqual(lines.map((line) => `   | ${line}`));
    const below = printed.slice(at + lines.length).findIndex((line) => line.includes(outcome));
    expect([1, 2]).toContain(below);
    for (const line of printed.flatMap((text) => text.split('\n')))
      expect(line.length, line).toBeLessThan(81);
  });

  it('fails if a region is missing', () => {
    expect(() => readRegion('bank.ts', 'transfers')).toThrow("bank.ts has no region 'transfers'.");
  });
});
