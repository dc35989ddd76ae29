const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Returns a size such as `1.5 MB`. A kilobyte has 1024 bytes. */
export function formatSize(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  for (; amount >= 1024 && unit < SIZE_UNITS.length - 1; unit++) amount /= 1024;
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${SIZE_UNITS[unit]}`;
}

/** Returns a duration such as `0.42 ms`, `12 ms`, `3.2 s`, `5 min`, `2 h 10 min` or `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Returns a count such as `1,234,567`. Fractions below 10 have one decimal, as in `1.5`. */
export function formatCount(count: number): string {
  const digits = count < 10 && !Number.isInteger(count) ? 1 : 0;
  return count.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
