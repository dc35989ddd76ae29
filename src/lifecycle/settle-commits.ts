/**
 * Waits until every commit has settled.
 * @throws {AggregateError} as a rejection, if commits failed; it lists their errors
 */
export async function settleCommits(commits: readonly (void | Promise<void>)[]): Promise<void> {
  const failed = (await Promise.allSettled(commits)).filter((commit) => commit.status === 'rejected');
  if (failed.length === 0) return;
  throw new AggregateError(
    failed.map(({ reason }) => reason),
    `${failed.length} of ${commits.length} transactions could not be committed.`,
  );
}
