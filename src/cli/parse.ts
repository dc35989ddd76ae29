import { InvalidArgumentError } from 'commander';

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

/** Parses a time such as `500ms`, `10s`, `1.5m`, `1h` or `500` to milliseconds. `never` is `Infinity`. */
export function parseDuration(text: string): number {
  if (text.toLowerCase() === 'never') return Number.POSITIVE_INFINITY;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const milliseconds = Number(number) * (MS_PER_UNIT[unit.toLowerCase()] ?? Number.NaN);
  if (number !== '' && Number.isFinite(milliseconds)) return milliseconds;
  throw new InvalidArgumentError('It must be a time such as 500ms, 10s, 2m, or never.');
}

/** The longest delay of a Node timer. A timer with a longer delay fires immediately. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Parses a time that must be finite to milliseconds. */
export function parseDelay(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds <= LONGEST_DELAY_MS) return milliseconds;
  throw new InvalidArgumentError('It must be a time of at most 24 days.');
}

/** The shortest interval. With a shorter one, `memstore top` would keep the server busy. */
const SHORTEST_INTERVAL_MS = 10;

/** Parses the time between two samples to milliseconds. */
export function parseInterval(text: string): number {
  const milliseconds = parseDelay(text);
  if (milliseconds >= SHORTEST_INTERVAL_MS) return milliseconds;
  throw new InvalidArgumentError(`It must be a time of at least ${SHORTEST_INTERVAL_MS}ms.`);
}

/** Returns a function that parses an integer within bounds. */
export function parseCount(
  least: number,
  greatest: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= greatest) return count;
    const bound = greatest === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${greatest}`;
    throw new InvalidArgumentError(`It must be a whole number, ${bound}.`);
  };
}

const KIB = 1024;
const BYTES_PER_UNIT: Readonly<Record<string, number>> = { '': 1, b: 1, kb: KIB, mb: KIB ** 2, gb: KIB ** 3 };

/**
 * Parses a size such as `512mb`, `1.5gb` or `65536` to bytes. A kilobyte (`kb`, `k`, `KiB`) has 1024 bytes.
 */
export function parseSize(text: string): number {
  const [, number = '', prefix = '', , b = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(i?)(b?)$/i.exec(text) ?? [];
  const unit = BYTES_PER_UNIT[prefix === '' ? b.toLowerCase() : `${prefix.toLowerCase()}b`];
  const bytes = Math.floor(Number(number) * (unit ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('It must be a size such as 512mb, 2gb or 65536.');
}
