import { closeSync, openSync, readSync } from 'node:fs';
import { MemStoreError } from '../../contract/errors.ts';

// The first two pages of an LMDB file are its meta pages. Each starts with a page header of 24 bytes,
// followed by these fields.
const FLAGS_AT = 18;
const META_PAGE = 0x08;
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
const VERSION_AT = 28;
const VERSION = 2;
const PAGE_SIZE_AT = 48;
const PAGE_SIZES: ReadonlySet<number> = new Set([4_096, 8_192, 16_384, 32_768, 65_536]);
const LENGTH = 52;

/**
 * Checks that a file has a valid LMDB header. A missing or empty file is valid too. This check is needed
 * because LMDB's binding for Node crashes on an invalid header.
 *
 * @throws {MemStoreError} JOURNAL_CORRUPT, JOURNAL_FORMAT; or the error of the file system
 */
export function checkHeader(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return;
    throw error;
  }
  try {
    const first = Buffer.alloc(LENGTH);
    const length = readSync(file, first, 0, LENGTH, 0);
    if (length === 0) return;
    const pageSize = checkMetaPage(first, length);
    const second = Buffer.alloc(LENGTH);
    checkMetaPage(second, readSync(file, second, 0, LENGTH, pageSize));
  } finally {
    closeSync(file);
  }
}

/**
 * Checks that LMDB can open its lock file, if there is one. LMDB's binding for Node crashes if it is a
 * directory.
 *
 * @throws the error of the file system
 */
export function checkLockFile(path: string): void {
  try {
    closeSync(openSync(path, 'r+'));
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}

/**
 * Checks a meta page.
 * @returns the page size
 */
function checkMetaPage(page: Buffer, length: number): number {
  if (
    length < LENGTH ||
    page.readUInt32LE(MAGIC_AT) !== MAGIC ||
    (page.readUInt16LE(FLAGS_AT) & META_PAGE) === 0
  )
    throw new MemStoreError(
      'JOURNAL_CORRUPT',
      'The file data.mdb has a damaged header, or is not an LMDB file.',
    );
  const version = page.readUInt32LE(VERSION_AT);
  if (version !== VERSION)
    throw new MemStoreError(
      'JOURNAL_FORMAT',
      `The file data.mdb must have version ${VERSION} of the LMDB format, got ${version}.`,
    );
  const pageSize = page.readUInt32LE(PAGE_SIZE_AT);
  if (!PAGE_SIZES.has(pageSize))
    throw new MemStoreError(
      'JOURNAL_CORRUPT',
      `The file data.mdb has an invalid page size of ${pageSize} bytes.`,
    );
  return pageSize;
}
