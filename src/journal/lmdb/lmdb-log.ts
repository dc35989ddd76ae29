import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemStoreError } from '../../contract/errors.ts';
import type { Journal, JournalCommit, JournalEntry, SetAsideEntry } from '../journal.ts';
import { EncodedCommit, encodeInTurns } from './encoded-commit.ts';
import { GroupCommit, type HandOver } from './group-commit.ts';
import { OpenJournal, openError } from './open-journal.ts';
import { RecordReader } from './read-records.ts';
import { toRecord } from './record.ts';
import { setAside } from './set-aside.ts';

// The longest time between two turns of the event loop while a large journal is read.
const MAX_MS_PER_TURN = 10;
/** The number of characters of a key that an error message shows. */
const MAX_SHOWN = 100;

/**
 * The behaviour of a journal with an unreadable entry: `refuse` fails to open, `set-aside` opens without the
 * entry.
 */
export type UnreadablePolicy = 'refuse' | 'set-aside';

/** The settings of one journal. */
export interface LogSettings {
  /** The absolute path of the directory. */
  readonly path: string;
  readonly handOver: HandOver | undefined;
  readonly unreadable: UnreadablePolicy;
}

/** The state of a journal that is open. */
interface Open {
  readonly journal: OpenJournal;
  readonly commits: GroupCommit;
}

/** The journal of one store, in one directory. */
export class LmdbLog implements Journal {
  readonly #settings: LogSettings;
  #open: Open | undefined;
  expectedEntries: number | undefined;
  setAside: readonly SetAsideEntry[] = [];

  constructor(settings: LogSettings) {
    this.#settings = settings;
  }

  async *load(): AsyncGenerator<readonly JournalEntry[], void> {
    try {
      yield* this.#load();
    } catch (cause) {
      await this.#end();
      throw openError(this.#settings.path, cause);
    }
  }

  async *#load(): AsyncGenerator<readonly JournalEntry[], void> {
    const { path, handOver, unreadable } = this.#settings;
    const journal = await OpenJournal.open(path);
    const { environment } = journal;
    const commits = new GroupCommit((records) => environment.write(records), handOver);
    this.#open = { journal, commits };
    const reader = new RecordReader(environment);
    this.expectedEntries = reader.expected;
    let turnBeganMs = performance.now();
    for (const entries of reader.batches()) {
      const [first] = reader.unreadable;
      if (first !== undefined && unreadable === 'refuse') throw refusal(path, first);
      yield entries;
      if (performance.now() - turnBeganMs < MAX_MS_PER_TURN) continue;
      await nextTurn();
      turnBeganMs = performance.now();
    }
    if (reader.unreadable.length === 0) return;
    await setAside(environment, reader.unreadable);
    this.expectedEntries -= reader.unreadable.length;
    this.setAside = reader.unreadable.map(({ name, reason }) => ({ key: name, reason }));
  }

  prepare(commit: JournalCommit): Promise<JournalCommit> {
    return encodeInTurns(commit);
  }

  async append(commit: JournalCommit): Promise<void> {
    if (this.#open === undefined) throw new MemStoreError('STORE_CLOSED', 'The journal is closed.');
    const records = commit instanceof EncodedCommit ? commit.records : commit.writes.map(toRecord);
    await this.#open.commits.append(records);
  }

  async close(): Promise<void> {
    try {
      await this.#open?.commits.flush();
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.journal.close();
  }
}

function refusal(path: string, { name, reason }: { name: string; reason: string }): MemStoreError {
  const shown = JSON.stringify(name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name);
  const message =
    `The journal in ${path} cannot read the entry ${shown}: ${reason}. ` +
    "The option unreadable: 'set-aside' (memstore serve --data … --unreadable set-aside) opens the journal " +
    `without such entries and keeps their bytes. "memstore check ${path}" lists them.`;
  return new MemStoreError('JOURNAL_CORRUPT', message);
}
