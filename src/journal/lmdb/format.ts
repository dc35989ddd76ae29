import { MemStoreError } from '../../contract/errors.ts';
import type { Environment } from './environment.ts';

// The key of the record with the format. It sorts before the keys of all entries.
const KEY = Buffer.of(0);
const NAME = 'memstore-tx journal';
const VERSION = 1;

/**
 * Checks that the environment contains a journal in this format. Writes the format to an empty environment.
 * @throws {MemStoreError} as a rejection: JOURNAL_FORMAT
 */
export async function checkFormat(environment: Environment): Promise<void> {
  const found = environment.get(KEY);
  if (found === undefined) {
    if (environment.count > 0)
      throw new MemStoreError(
        'JOURNAL_FORMAT',
        'The directory contains an LMDB database that is not a journal of MemStore.',
      );
    const value = Buffer.from(JSON.stringify({ name: NAME, version: VERSION }));
    await environment.write([{ key: KEY, value }]);
    environment.syncDirectory();
    return;
  }
  const version = versionOf(found.toString('utf8'));
  if (version !== VERSION)
    throw new MemStoreError(
      'JOURNAL_FORMAT',
      `The journal has format ${version}, but this version of MemStore supports only format ${VERSION}.`,
    );
}

function versionOf(text: string): string | number {
  try {
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
    return name === NAME && typeof version === 'number' ? version : text;
  } catch {
    return text;
  }
}
