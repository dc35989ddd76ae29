import { dirname } from 'node:path';
import type { TraceEvent } from './parse-trace.ts';

/** The number of bytes that a disk writes atomically. */
const SECTOR = 512;

/** A guarantee that the simulated disk, or the program above it, does not keep. */
export type Weakness = 'no flush' | 'no flush of the meta page' | 'no flush of the directory';

interface PendingWrite {
  readonly call: number;
  readonly at: number;
  readonly data: Buffer;
  isReturned: boolean;
  /** The sectors that are already on disk, because a later write to them was flushed. */
  readonly settled: Set<number>;
}

/** A model of one file: the bytes that are certainly on disk, and the writes that may be on disk. */
class FileModel {
  durable: Buffer = Buffer.alloc(0);
  pending: PendingWrite[] = [];
  /** All lengths of the file since the last flush. */
  sizes: number[] = [0];

  write(call: number, at: number, data: Buffer): void {
    this.pending.push({ call, at, data, isReturned: false, settled: new Set() });
    this.sizes.push(Math.max(this.sizes.at(-1) ?? 0, at + data.length));
  }

  /**
   * Records that the data of these writes is on disk. With `isWhole`, the length of the file is on disk too.
   */
  settle(writes: readonly PendingWrite[], isWhole: boolean): void {
    // A sector on disk also has the data of earlier writes to it.
    const last = new Map<number, number>();
    for (const write of writes)
      for (const sector of sectorsOf(write)) last.set(sector, this.pending.indexOf(write));
    const size = this.sizes.at(-1) ?? 0;
    this.durable = this.#image(last, size);
    for (const [index, write] of this.pending.entries())
      for (const sector of sectorsOf(write)) if (index <= (last.get(sector) ?? -1)) write.settled.add(sector);
    this.pending = this.pending.filter((write) => !writes.includes(write));
    if (isWhole) this.sizes = [size];
  }

  /** Returns a random content that the file may have after a power loss. */
  sample(random: () => number): Buffer {
    const last = new Map<number, number>();
    const choose = chooser(random);
    for (const [index, write] of this.pending.entries()) {
      const survives = choose();
      for (const sector of sectorsOf(write)) if (survives()) last.set(sector, index);
    }
    const size = this.sizes[Math.floor(random() * this.sizes.length)] ?? 0;
    return this.#image(last, size);
  }

  /** @param last the index of the last write that reached each sector */
  #image(last: ReadonlyMap<number, number>, size: number): Buffer {
    const image = Buffer.alloc(size);
    this.durable.copy(image);
    for (const [index, { at, data, settled }] of this.pending.entries()) {
      for (const sector of sectorsOf({ at, data })) {
        if (index > (last.get(sector) ?? -1) || settled.has(sector)) continue;
        const start = Math.max(at, sector * SECTOR);
        const end = Math.min(at + data.length, (sector + 1) * SECTOR);
        if (start < size) data.copy(image, start, start - at, end - at);
      }
    }
    return image;
  }
}

function sectorsOf({ at, data }: { readonly at: number; readonly data: Buffer }): number[] {
  const first = Math.floor(at / SECTOR);
  const end = Math.ceil((at + data.length) / SECTOR);
  return Array.from({ length: end - first }, (_, index) => first + index);
}

/**
 * Returns a function that is called for each write. Its result is a function that returns whether a sector of
 * the write survives. All writes of one state survive with the same probability.
 */
function chooser(random: () => number): () => () => boolean {
  const kind = random();
  if (kind < 0.1) return () => () => false;
  if (kind < 0.2) return () => () => true;
  const share = [0.05, 0.5, 0.95][Math.floor(random() * 3)] ?? 0.5;
  const isTorn = random() < 0.5;
  return () => {
    if (isTorn) return () => random() < share;
    const survives = random() < share;
    return () => survives;
  };
}

/** The content of a journal directory after a power loss. A missing file has no entry. */
export type DiskState = ReadonlyMap<string, Buffer>;

/**
 * A disk that keeps all flushed data, and an arbitrary part of the other data. It may keep any sector of any
 * write, and any length that a file had. The directory entry of a file is durable after the directory, and
 * all new directories above it, were flushed.
 */
export class DiskModel {
  readonly #directory: string;
  readonly #root: string;
  readonly #weakness: Weakness | undefined;
  readonly #files = new Map<number, FileModel>();
  /** The names that are on disk. After a power loss, a file may have its current name instead. */
  #durableNames = new Map<string, number>();
  #names = new Map<string, number>();
  #flushedDirectories = new Set<string>();
  readonly #flushes = new Map<number, { readonly file: FileModel; readonly writes: PendingWrite[] }>();

  /** @param root the existing directory above the new directories of the journal */
  constructor(directory: string, root: string, weakness?: Weakness) {
    this.#directory = directory;
    this.#root = root;
    this.#weakness = weakness;
  }

  apply(event: TraceEvent): void {
    if (event.type === 'link') this.#names.set(event.name, event.file);
    else if (event.type === 'unlink') this.#names.delete(event.name);
    else if (event.type === 'write') this.#file(event.file).write(event.call, event.at, event.data);
    else if (event.type === 'written') this.#written(event.call, event.isFlushed);
    else if (event.type === 'resize') this.#resize(event.file, event.size);
    else if (event.type === 'flush') this.#beginFlush(event.file, event.call);
    else if (event.type === 'flushed') this.#endFlush(event.call);
    else if (event.type === 'directory') this.#flushDirectory(event.path);
  }

  sample(random: () => number): DiskState {
    const state = new Map<string, Buffer>();
    const isSettled = this.#isDirectoryThere || random() < 0.5;
    for (const name of new Set([...this.#durableNames.keys(), ...this.#names.keys()])) {
      const before = this.#durableNames.get(name);
      const now = this.#names.get(name);
      const file = isSettled ? (before === now || random() < 0.5 ? now : before) : undefined;
      if (file !== undefined) state.set(name, this.#file(file).sample(random));
    }
    return state;
  }

  /** Returns whether the journal file has writes that are not flushed. */
  get hasUnflushed(): boolean {
    const file = this.#names.get('data.mdb');
    return file !== undefined && this.#file(file).pending.length > 0;
  }

  get #isDirectoryThere(): boolean {
    let above = this.#directory;
    do {
      above = dirname(above);
      if (!this.#flushedDirectories.has(above)) return false;
    } while (above !== this.#root);
    return true;
  }

  #file(id: number): FileModel {
    const file = this.#files.get(id) ?? new FileModel();
    this.#files.set(id, file);
    return file;
  }

  #written(call: number, isFlushed: boolean): void {
    for (const file of this.#files.values()) {
      const write = file.pending.find((pending) => pending.call === call);
      if (write === undefined) continue;
      write.isReturned = true;
      if (isFlushed && this.#weakness !== 'no flush' && this.#weakness !== 'no flush of the meta page')
        file.settle([write], false);
    }
  }

  /** Records a new length. After a power loss, the file may have this length or an earlier one. */
  #resize(id: number, size: number): void {
    this.#file(id).sizes.push(size);
  }

  #beginFlush(id: number, call: number): void {
    const file = this.#file(id);
    this.#flushes.set(call, { file, writes: file.pending.filter(({ isReturned }) => isReturned) });
  }

  #endFlush(call: number): void {
    const flush = this.#flushes.get(call);
    this.#flushes.delete(call);
    if (flush !== undefined && this.#weakness !== 'no flush') flush.file.settle(flush.writes, true);
  }

  #flushDirectory(path: string): void {
    if (this.#weakness === 'no flush of the directory') return;
    this.#flushedDirectories.add(path);
    if (path === this.#directory) this.#durableNames = new Map(this.#names);
  }
}
