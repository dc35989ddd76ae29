import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { MemStoreError } from '../../errors.ts';
import { makeDirectory } from './make-directory.ts';

/** Who has a directory open, as the file `owner.json` in it says. */
interface OwnerNote {
  readonly pid: number;
  /** Tells a process from a later one of the same number; undefined where the system does not say. */
  readonly started: string | undefined;
  readonly host: string;
  readonly since: string;
}

// One for all copies of this module, as ES module and as CommonJS.
const HELD = Symbol.for('memstore-tx.lmdb-journal.held');
const everybody = globalThis as { [HELD]?: Set<string> };
everybody[HELD] ??= new Set();
const held: Set<string> = everybody[HELD];

/**
 * Sees to it that one process, and one store in it, has a directory open.
 *
 * LMDB lets many processes write one file, but a store that keeps everything in memory would not hear of the others.
 * A process that dies leaves its note behind, which is known to be stale because no process of that number, begun at
 * that time, is left. So nobody has to wait, and nobody has to remove a lock by hand.
 */
export class Owner {
  readonly directory: string;
  readonly #note: string;
  #isHeld = false;

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
    const note: OwnerNote = {
      pid,
      started: startOf(pid),
      host: hostname(),
      since: new Date().toISOString(),
    };
    writeFileSync(this.#note, `${JSON.stringify(note)}\n`);
    held.add(this.directory);
    this.#isHeld = true;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    held.delete(this.directory);
    rmSync(this.#note, { force: true });
  }

  #refuseIfTaken(): void {
    if (held.has(this.directory)) throw this.#locked('another store in this process');
    const note = this.#read();
    if (note === undefined || !isAlive(note)) return;
    const who = note.pid === process.pid ? 'another thread of this process' : `process ${note.pid}`;
    throw this.#locked(`${who}, since ${note.since}`);
  }

  #locked(by: string): MemStoreError {
    return new MemStoreError(
      'JOURNAL_LOCKED',
      `${this.directory} is in use by ${by}. If that is not so, remove ${this.#note}.`,
    );
  }

  #read(): OwnerNote | undefined {
    try {
      return JSON.parse(readFileSync(this.#note, 'utf8')) as OwnerNote;
    } catch (error) {
      // A note that was half written is of a process that died over it.
      if (error instanceof SyntaxError || (error as { code?: string }).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function isAlive({ pid, started }: OwnerNote): boolean {
  if (typeof pid !== 'number') return false;
  if (started !== undefined) return startOf(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** When a process began, in ticks of this boot of the machine; undefined for none, and where the system does not say. */
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
