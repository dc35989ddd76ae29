/** Whether this is a full run (`npm run test:full`). A fast run makes the long tests smaller. */
const isFullRun = process.env['MODE'] === 'full';

/** The reason to skip a test in a fast run, or `undefined` in a full run. */
export const onlyInFullRun: string | undefined = isFullRun ? undefined : 'npm run test:full runs it';

/** Returns the first value in a full run, and the second value in a fast run. */
export function inFullRun<T>(full: T, fast: T): T {
  return isFullRun ? full : fast;
}
