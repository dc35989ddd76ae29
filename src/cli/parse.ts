import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** Milliseconds from `500ms`, `10s`, `1.5m`, `1h`; a bare number is milliseconds, and `never` is for ever. */
export function parseDuration(text: string): number {
  if (text.toLowerCase() === 'never') return Number.POSITIVE_INFINITY;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const milliseconds = Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (number !== '' && Number.isFinite(milliseconds)) return milliseconds;
  throw new InvalidArgumentError('It must be a time such as 500ms, 10s, 2m, or never.');
}

/** The longest that a timer of Node takes; it would not wait at all for more. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The same for what somebody waits for in the end, which `never` is not. */
export function parseDelay(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds <= LONGEST_DELAY_MS) return milliseconds;
  throw new InvalidArgumentError('It must be a time of at most 24 days.');
}

/** The shortest time between two looks; less would keep the server busy with being looked at. */
const SHORTEST_INTERVAL_MS = 10;

/** The same for what is done again and again. */
export function parseInterval(text: string): number {
  const milliseconds = parseDelay(text);
  if (milliseconds >= SHORTEST_INTERVAL_MS) return milliseconds;
  throw new InvalidArgumentError(`It must be a time of at least ${SHORTEST_INTERVAL_MS}ms.`);
}
