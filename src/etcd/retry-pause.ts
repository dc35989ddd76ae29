const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;

/**
 * Returns the pause after a failed attempt, in milliseconds. It grows, and half of it is random.
 * @param attempt the number of attempts before the failed one
 */
export function retryPauseMs(attempt: number, random: () => number): number {
  return (0.5 + random() / 2) * Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
}
