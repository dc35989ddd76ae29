import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MemStoreError } from '../../contract/errors.ts';

/**
 * Creates a directory and its missing parent directories. Node's recursive `mkdir` is not used, because it
 * never returns if the system allows no new directories there, as in /proc.
 *
 * @throws {MemStoreError} JOURNAL_FAILED if the path or one of its parents is not a directory; or the error
 * of the file system
 */
export function makeDirectory(path: string): void {
  const missing: string[] = [];
  let existing = resolve(path);
  for (; kindOf(existing) === 'nothing'; existing = dirname(existing)) missing.unshift(existing);
  if (kindOf(existing) === 'something else')
    throw new MemStoreError('JOURNAL_FAILED', `${existing} is not a directory.`);
  for (const directory of missing) {
    try {
      mkdirSync(directory);
    } catch (error) {
      // Another process may have created the same directory.
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
    flushDirectory(dirname(directory));
  }
}

/** Makes the names in a directory durable, if the system can do that. */
export function flushDirectory(path: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    fsyncSync(file);
  } catch {
    // Windows cannot flush a directory, and this user may not be allowed to read it.
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function kindOf(path: string): 'directory' | 'something else' | 'nothing' {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'something else';
  } catch (error) {
    const { code } = error as { code?: string };
    // The system reports ENOTDIR for a path below a file.
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing';
    throw error;
  }
}
