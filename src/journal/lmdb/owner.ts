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

/** The content of the file `owner.json`. It describes the process that has the directory open. */
interface OwnerNote {
  readonly pid: number;
  /**
   * The start time of the process, which distinguishes it from a later process with the same number.
   * Undefined if the system does not provide it.
   */
  readonly started: string | undefined;
  readonly host: string;
  readonly since: string;
  /**
   * An open file descriptor of the note itself. All threads of a process share descriptors. When a worker
   * thread ends, Node closes its descriptors, so the other threads can see that the owner has ended.
   */
  readonly fd: number;
}

// Shared by all copies of this module, because it may be loaded both as an ES module and as CommonJS.
const HELD = Symbol.for('memstore-tx.lmdb-journal.held');
const sharedGlobal = globalThis as { [HELD]?: Set<string> };
sharedGlobal[HELD] ??= new Set();
const held: Set<string> = sharedGlobal[HELD];

/**
 * Makes sure that only one store of one process has a directory open.
 *
 * LMDB lets many processes write to one file, but a store keeps its data in memory and would not see the
 * changes of other processes. A process that dies leaves its note behind. The note is stale if no process
 * with that number and start time exists. A terminated worker thread leaves its note behind too, but its
 * descriptor is closed. So stale notes are detected immediately, and users need not remove a lock by hand.
 */
export class Owner {
  readonly directory: string;
  readonly #note: string;
  /** The open descriptor of the note while the directory is held. */
  #fd: number | undefined;

  /** @throws {MemStoreError} JOURNAL_LOCKED, JOURNAL_FAILED; or the error of the file system */
  constructor(directory: string) {
    makeDirectory(directory);
    this.directory = realpathSync(directory);
    this.#note = join(this.directory, 'owner.json');
    this.#refuseIfTaken();
  }

  /**
   * Reserves the directory.
   * REQUIRES: the caller holds LMDB's write lock, so no other process calls this at the same time.
   * @throws {MemStoreError} JOURNAL_LOCKED; or the error of the file system
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
      `${this.directory} is in use by ${by}. If that is wrong, remove ${this.#note}.`,
    );
  }

  #read(): Partial<OwnerNote> | undefined {
    try {
      const note: unknown = JSON.parse(readFileSync(this.#note, 'utf8'));
      return typeof note === 'object' && note !== null ? note : undefined;
    } catch (error) {
      // A half-written note is stale: its process died while writing it.
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
 * Returns whether the process of a note is alive. If a note has wrong types, no journal has written it, so it
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
 * Returns the start time of a process, in ticks since the boot of the machine. Returns undefined if there is
 * no such process, or if the system does not provide it.
 */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program may contain spaces and parentheses. It is in parentheses, and the state follows
    // it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}:${fields[19]}`;
  } catch {
    return undefined;
  }
}
