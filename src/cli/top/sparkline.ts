const LEVELS = '▁▂▃▄▅▆▇█';

/** Numbers as a row of bars, the greatest of them as high as can be; the latest `width` of them. */
export function sparkline(numbers: readonly number[], width: number): string {
  const latest = numbers.slice(-width);
  const greatest = Math.max(...latest);
  return latest
    .map((number) => LEVELS[greatest === 0 ? 0 : Math.round((number / greatest) * (LEVELS.length - 1))])
    .join('');
}
