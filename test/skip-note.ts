/** Returns the end of a test title: the reason to skip the test, or nothing if `reason` is `undefined`. */
export function skipNote(reason: string | undefined): string {
  return reason === undefined ? '' : ` (skipped: ${reason})`;
}
