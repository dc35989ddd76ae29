import { open } from 'node:fs/promises';
import type { DiskRecord } from './record.ts';

/** The statistics of LMDB about its file and its tree. */
export interface FileStats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly treeLeafPageCount: number;
}

const LEAST_GROWTH = 256 * 1024;
const MAX_GROWTH = 16 * 1024 * 1024;
const ZEROS: Buffer = Buffer.alloc(1024 * 1024);
/** From this number of records on, the number of leaf pages is read, to estimate how many pages change. */
const MANY_RECORDS = 64;
/** An allowance for changed branch pages and for LMDB's own list of free pages. */
const OTHER_PAGES = 32;

/**
 * Makes sure that the file has room for a transaction before LMDB writes it. Otherwise LMDB could find the
 * disk full in the middle of a write. Its binding for Node (3.5.6) then writes beyond the end of a buffer,
 * which kills the process sooner or later.
 */
export class Room {
  readonly #path: string;
  readonly #stats: () => FileStats;
  readonly #pageSize: number;
  /** The number of bytes after the last used page that are allocated on disk. */
  #left = 0;

  constructor(path: string, stats: () => FileStats) {
    this.#path = path;
    this.#stats = stats;
    this.#pageSize = stats().pageSize;
  }

  /**
   * Reserves room for the records. REQUIRES: nothing else writes to the file meanwhile.
   * @throws the error of the file system, as a rejection, if there is no room
   */
  async make(records: readonly DiskRecord[]): Promise<void> {
    const leafPages = records.length < MANY_RECORDS ? MANY_RECORDS : this.#stats().treeLeafPageCount;
    const needed = this.#pageSize * mostPages(records, this.#pageSize, leafPages);
    if (needed > this.#left) await this.#grow(needed);
    this.#left -= needed;
  }

  async #grow(needed: number): Promise<void> {
    const used = (this.#stats().lastPageNumber + 1) * this.#pageSize;
    const file = await open(this.#path, 'r+');
    try {
      const { size } = await file.stat();
      const lacking = used + needed - size;
      if (lacking > 0) {
        // Grow by more than is needed now, so that not every commit changes the length of the file.
        const growth = Math.min(Math.max(size / 8, LEAST_GROWTH), MAX_GROWTH);
        const end = await writeZeros(file, size, lacking + growth).catch(() =>
          writeZeros(file, size, lacking),
        );
        this.#left = end - used;
      } else {
        this.#left = size - used;
      }
    } finally {
      await file.close();
    }
  }
}

type File = Awaited<ReturnType<typeof open>>;

/** Writes zeros from an offset on, and returns their end. If that fails, restores the length of the file. */
async function writeZeros(file: File, from: number, length: number): Promise<number> {
  const end = from + length;
  try {
    for (let at = from; at < end; ) {
      const { bytesWritten } = await file.write(ZEROS, 0, Math.min(ZEROS.length, end - at), at);
      at += bytesWritten;
    }
    return end;
  } catch (error) {
    await file.truncate(from);
    throw error;
  }
}

/** Returns the maximum number of pages that a transaction with these records needs. */
function mostPages(records: readonly DiskRecord[], pageSize: number, leafPages: number): number {
  let pages = OTHER_PAGES;
  let smallBytes = 0;
  for (const { key, value } of records) {
    const length = value?.length ?? 0;
    if (length > pageSize / 4) pages += Math.ceil((length + 32) / pageSize);
    smallBytes += key.length + Math.min(length, pageSize / 4) + 16;
  }
  // Each page is at least a quarter full after a split.
  pages += Math.ceil((4 * smallBytes) / pageSize);
  pages += 2 * Math.min(records.length, leafPages);
  return pages + Math.ceil(pages / 64);
}
