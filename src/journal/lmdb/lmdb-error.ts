import { type ErrorCode, MemStoreError } from '../../contract/errors.ts';

/** The error codes of LMDB and of the operating system, as numbers or names. */
const CODES: ReadonlyMap<number | string, ErrorCode> = new Map<number | string, ErrorCode>([
  [-30797, 'JOURNAL_CORRUPT'], // MDB_PAGE_NOTFOUND
  [-30796, 'JOURNAL_CORRUPT'], // MDB_CORRUPTED
  [-30793, 'JOURNAL_CORRUPT'], // MDB_INVALID: not an LMDB file
  [-30779, 'JOURNAL_CORRUPT'], // MDB_PROBLEM
  [-30794, 'JOURNAL_FORMAT'], // MDB_VERSION_MISMATCH: the LMDB file has another version
  [-30784, 'JOURNAL_FORMAT'], // MDB_INCOMPATIBLE: a database of another kind
  [-30792, 'JOURNAL_FULL'], // MDB_MAP_FULL
  [27, 'JOURNAL_FULL'], // EFBIG
  [28, 'JOURNAL_FULL'], // ENOSPC
  [122, 'JOURNAL_FULL'], // EDQUOT
  ['ENOSPC', 'JOURNAL_FULL'],
  ['EFBIG', 'JOURNAL_FULL'],
  ['EDQUOT', 'JOURNAL_FULL'],
]);

/** Returns the error of a journal for any cause. A `MemStoreError` is returned unchanged. */
export function lmdbError(what: string, cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  const { code, message } = cause as { code?: number | string; message?: string };
  const known = code === undefined ? undefined : CODES.get(code);
  return new MemStoreError(known ?? 'JOURNAL_FAILED', `${what}: ${message ?? String(cause)}`, { cause });
}
