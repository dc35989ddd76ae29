import { MemStoreError } from '../../contract/errors.ts';

/**
 * Returns a revision as text: the id of the cluster in base 16, and the number of the revision in base 36.
 */
export function writeRevision(clusterId: string, revision: number): string {
  return `${BigInt(clusterId).toString(16)}-${revision.toString(36)}`;
}

/**
 * Returns the number of a revision.
 * @param newest the newest revision of the cluster
 * @throws {MemStoreError} REVISION_UNKNOWN if the revision belongs to another cluster
 */
export function readRevision(text: string, clusterId: string, newest: number): number {
  const revision = Number.parseInt(text.slice(text.indexOf('-') + 1), 36);
  // Format the number again, to reject every other spelling of the same number.
  if (revision >= 1 && revision <= newest && writeRevision(clusterId, revision) === text) return revision;
  throw new MemStoreError(
    'REVISION_UNKNOWN',
    `The revision ${JSON.stringify(text.slice(0, 100))} is of another cluster.`,
  );
}
