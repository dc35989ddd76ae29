import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { seededRandom } from 'memstore-tx/testing';
import { bundleProgram } from '../../journal/lmdb/bundle-program.ts';
import { COUNTERS, WORKERS, WorkerModel } from './load.ts';

type Durability = 'commit' | 'relaxed';

/** The counts over all rounds. */
export interface CrashCounts {
  crashes: number;
  /** The number of crashes while the journal was still opening. */
  whileOpening: number;
  acknowledged: number;
  /** Commits that were on disk although the parent received no acknowledgement. */
  unacknowledgedFound: number;
  /** Acknowledged commits that were lost, with relaxed durability. */
  relaxedLost: number;
}

const ROUNDS_PER_DIRECTORY = 20;
const MAX_MS_UNTIL_KILL = 250;
/** The maximum number of acknowledged commits that `relaxed` may lose in one crash. */
const MAX_LOST = 1_000;

/**
 * Kills writers with SIGKILL at random moments under heavy load. After each crash, checks that every
 * acknowledged commit is on disk and that no commit is on disk only in part.
 */
export class CrashRounds {
  readonly counts: CrashCounts = {
    crashes: 0,
    whileOpening: 0,
    acknowledged: 0,
    unacknowledgedFound: 0,
    relaxedLost: 0,
  };
  readonly #random: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  async run(rounds: number, onRound: (counts: CrashCounts) => void = () => {}): Promise<CrashCounts> {
    const scratch = mkdtempSync(join(tmpdir(), 'memstore-crash-'));
    try {
      const program = join(scratch, 'writer.mjs');
      await bundleProgram(new URL('./writer.ts', import.meta.url), program);
      for (let first = 0; first < rounds; first += ROUNDS_PER_DIRECTORY) {
        const directory = join(scratch, `data-${first}`);
        const durability = (first / ROUNDS_PER_DIRECTORY) % 5 === 4 ? 'relaxed' : 'commit';
        const history = new History(directory, this.#seed + first, durability, this.counts);
        for (let round = first; round < Math.min(rounds, first + ROUNDS_PER_DIRECTORY); round++) {
          const heard = await this.#crash(program, history);
          await history.check(heard);
          onRound(this.counts);
        }
        rmSync(directory, { recursive: true });
      }
      return this.counts;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  /**
   * Runs a writer and kills it.
   * @returns the last acknowledged commit number of each worker
   */
  async #crash(program: string, { directory, seed, durability }: History): Promise<Map<number, number>> {
    const args = [program, directory, String(seed), durability];
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    const kill = (): void =>
      void setTimeout(() => writer.kill('SIGKILL'), this.#random() * MAX_MS_UNTIL_KILL);
    // Some writers are killed while they start.
    let isKilled = this.#random() < 0.1;
    if (isKilled) kill();
    writer.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (!isKilled && output.startsWith('ready')) {
        isKilled = true;
        kill();
      }
    });
    const signal = await ended(writer);
    if (signal !== 'SIGKILL')
      throw new Error(`The writer must run until it is killed, but it ended by itself (seed ${seed}).`);
    this.counts.crashes++;
    if (!output.startsWith('ready')) this.counts.whileOpening++;
    const heard = new Map<number, number>();
    for (const line of output.split('\n').slice(1, -1)) {
      const [worker, number] = line.split(' ').map(Number);
      heard.set(worker ?? -1, number ?? -1);
      this.counts.acknowledged++;
    }
    return heard;
  }
}

/** The expected content of one directory over several crashes. */
class History {
  readonly directory: string;
  readonly seed: number;
  readonly durability: Durability;
  readonly #counts: CrashCounts;
  readonly #models: WorkerModel[];
  readonly #numbers: number[] = Array.from({ length: WORKERS }, () => 0);

  constructor(directory: string, seed: number, durability: Durability, counts: CrashCounts) {
    this.directory = directory;
    this.seed = seed;
    this.durability = durability;
    this.#counts = counts;
    this.#models = Array.from({ length: WORKERS }, (_, worker) => new WorkerModel(seed, worker));
  }

  async check(heard: ReadonlyMap<number, number>): Promise<void> {
    const found = await this.#read();
    const counters = Array.from({ length: COUNTERS }, () => 0);
    let lost = 0;
    for (let worker = 0; worker < WORKERS; worker++) {
      const before = this.#numbers[worker] ?? 0;
      const acknowledged = heard.get(worker) ?? before;
      const number = (found.get(`worker:${worker}:number`) as number | undefined) ?? 0;
      const where = `worker ${worker} at commit ${number}, acknowledged ${acknowledged}, seed ${this.seed}`;
      if (number > acknowledged + 1) throw new Error(`The disk has a commit that no worker made: ${where}.`);
      if (number < acknowledged && this.durability === 'commit')
        throw new Error(`An acknowledged commit is lost: ${where}.`);
      lost += Math.max(0, acknowledged - number);
      if (number > acknowledged) this.#counts.unacknowledgedFound++;
      this.#compare(worker, number, found, where);
      this.#numbers[worker] = number;
      counters[worker % COUNTERS] = (counters[worker % COUNTERS] ?? 0) + number;
    }
    if (lost > MAX_LOST)
      throw new Error(`One crash must lose at most ${MAX_LOST} commits, got ${lost} (seed ${this.seed}).`);
    this.#counts.relaxedLost += lost;
    // Each commit also adds one to the counter of its worker.
    for (const [index, total] of counters.entries()) {
      const counter = found.get(`counter:${index}`) ?? 0;
      if (counter !== total)
        throw new Error(`Counter ${index} must be ${total}, got ${counter} (seed ${this.seed}).`);
    }
  }

  #compare(worker: number, number: number, found: ReadonlyMap<string, unknown>, where: string): void {
    let model = this.#models[worker] ?? new WorkerModel(this.seed, worker);
    if (number < (this.#numbers[worker] ?? 0)) {
      if (this.durability === 'commit')
        throw new Error(`A commit that an earlier check found on disk is lost: ${where}.`);
      model = new WorkerModel(this.seed, worker);
    }
    model.advanceTo(number);
    this.#models[worker] = model;
    const own = [...found].filter(([key]) => key.startsWith(`worker:${worker}:`));
    const isWhole =
      own.length === model.entries.size && own.every(([key, value]) => model.entries.get(key) === value);
    if (!isWhole)
      throw new Error(`The entries on disk must equal the result of the commits, but they differ: ${where}.`);
  }

  async #read(): Promise<Map<string, unknown>> {
    const store = new MemStore({ journal: lmdbJournal({ path: this.directory }) });
    try {
      const found = new Map<string, unknown>();
      for await (const [key, value] of store.entries()) found.set(key, value);
      return found;
    } finally {
      await store.close();
    }
  }
}

function ended(child: ChildProcess): Promise<NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_code, signal) => resolve(signal));
  });
}
