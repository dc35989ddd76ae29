import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { MemStoreError } from '../../contract/errors.ts';
import { makeDirectory } from './make-directory.ts';

/** Who has a directory open, as the file `owner.json` in it says. */
interface OwnerNote {
  readonly pid: number;
  /** Tells a process from a later one of the same number; undefined where the system does not say. */
  readonly started: string | undefined;
  readonly host: string;
  readonly since: string;
  /**
   * An open file descriptor of the note itself. All threads of a process share descriptors. Node closes those
   * of a worker thread when it ends, so the other threads can tell that the owner is gone.
   */
  readonly fd: number;
}

// One for all copies of this module, as ES module and as CommonJS.
const HELD = Symbol.for('memstore-tx.lmdb-journal.held');
const everybody = globalThis as { [HELD]?: Set<string> };
everybody[HELD] ??= new Set();
const held: Set<string> = everybody[HELD];

/**
 * Sees to it that one process, and one store in it, has a directory open.
 *
 * LMDB lets many processes write one file, but a store that keeps everything in memory would not hear of the
 * others. A process that dies leaves its note behind, which is known to be stale because no process of that
 * number, begun at that time, is left. A worker thread that is terminated leaves its note behind too, but not
 * the open descriptor. So nobody has to wait, and nobody has to remove a lock by hand.
 */
export class Owner {
  readonly directory: string;
  readonly #note: string;
  /** The open descriptor of the note while the directory is held. */
  #fd: number | undefined;

  /** @throws {MemStoreError} JOURNAL_LOCKED, JOURNAL_FAILED; or what the file system says */
  constructor(directory: string) {
    makeDirectory(directory);
    this.directory = realpathSync(directory);
    this.#note = join(this.directory, 'owner.json');
    this.#refuseIfTaken();
  }

  /**
   * Takes the directory.
   * REQUIRES: no other process does the same at this time: the caller has LMDB's lock for writers.
   * @throws {MemStoreError} JOURNAL_LOCKED; or what the file system says
   */
  take(): void {
    this.#refuseIfTaken();
    const { pid } = process;
    const fd = openSync(this.#note, 'w');
    this.#fd = fd;
    held.add(this.directory);
    const since = new Date().toISOString();
    const note: OwnerNote = { pid, started: startOf(pid), host: hostname(), since, fd };
    writeFileSync(fd, `${JSON.stringify(note)}\n`);
  }

  release(): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    held.delete(this.directory);
    rmSync(this.#note, { force: true });
  }

  #refuseIfTaken(): void {
    if (held.has(this.directory)) throw this.#locked('another store in this process');
    const note = this.#read();
    if (note === undefined || !this.#isAlive(note)) return;
    const who = note.pid === process.pid ? 'another thread of this process' : `process ${note.pid}`;
    throw this.#locked(`${who}, since ${note.since}`);
  }

  #locked(by: string): MemStoreError {
    return new MemStoreError(
      'JOURNAL_LOCKED',
      `${this.directory} is in use by ${by}. If that is not so, remove ${this.#note}.`,
    );
  }

  #read(): Partial<OwnerNote> | undefined {
    try {
      const note: unknown = JSON.parse(readFileSync(this.#note, 'utf8'));
      return typeof note === 'object' && note !== null ? note : undefined;
    } catch (error) {
      // A note that was half written is of a process that died over it.
      if (error instanceof SyntaxError || (error as { code?: string }).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #isAlive({ pid, started, fd }: Partial<OwnerNote>): boolean {
    if (!isProcessAlive(pid, started)) return false;
    // Notes of earlier versions have no descriptor.
    return pid !== process.pid || fd === undefined || isSameFile(fd, this.#note);
  }
}

/** Returns whether a descriptor of this process is open and refers to the file. */
function isSameFile(fd: unknown, path: string): boolean {
  try {
    const open = fstatSync(fd as number, { bigint: true });
    const file = statSync(path, { bigint: true });
    return open.ino === file.ino && open.dev === file.dev;
  } catch {
    return false;
  }
}

/**
 * Returns whether the process of a note is alive. No journal writes a note with wrong types, so such a note
 * belongs to no process.
 */
export function isProcessAlive(pid: unknown, started: unknown): boolean {
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return false;
  if (started !== undefined) return startOf(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/**
 * When a process began, in ticks of this boot of the machine; undefined for none, and where the system does
 * not say.
 */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may itself hold spaces and parentheses; the state comes next.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}:${fields[19]}`;
  } catch {
    return undefined;
  }
}
