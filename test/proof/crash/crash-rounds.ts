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

/** What was counted over all rounds. */
export interface CrashCounts {
  crashes: number;
  /** Of them, those that came while the journal was still being opened. */
  whileOpening: number;
  acknowledged: number;
  /** Commits that were on disk although their acknowledgement was not heard of. */
  unacknowledgedFound: number;
  /** Commits that were handed over and lost, with relaxed durability. */
  relaxedLost: number;
}

const ROUNDS_PER_DIRECTORY = 20;
const MAX_MS_UNTIL_KILL = 250;
/**
 * What `relaxed` promises: no more commits than this are lost; and one per worker may not have been heard of.
 */
const MAX_LOST = 1_000;

/**
 * Kills writers with SIGKILL at random moments of a heavy load, and looks each time whether everything that
 * was acknowledged is there, whole, and nothing of a commit that is not there whole.
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

  /** @returns the last acknowledged number of each worker */
  async #crash(program: string, { directory, seed, durability }: History): Promise<Map<number, number>> {
    const args = [program, directory, String(seed), durability];
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    const kill = (): void =>
      void setTimeout(() => writer.kill('SIGKILL'), this.#random() * MAX_MS_UNTIL_KILL);
    // Every now and then the end comes during the start.
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
    if (signal !== 'SIGKILL') throw new Error(`The writer ended by itself (seed ${seed}).`);
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

/** What a directory went through. */
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
      if (number > acknowledged + 1) throw new Error(`A commit appeared that nobody made: ${where}.`);
      if (number < acknowledged && this.durability === 'commit')
        throw new Error(`An acknowledged commit is lost: ${where}.`);
      lost += Math.max(0, acknowledged - number);
      if (number > acknowledged) this.#counts.unacknowledgedFound++;
      this.#compare(worker, number, found, where);
      this.#numbers[worker] = number;
      counters[worker % COUNTERS] = (counters[worker % COUNTERS] ?? 0) + number;
    }
    if (lost > MAX_LOST) throw new Error(`${lost} commits are lost at once (seed ${this.seed}).`);
    this.#counts.relaxedLost += lost;
    // Each commit adds one, together with what its worker writes.
    for (const [index, total] of counters.entries()) {
      const counter = found.get(`counter:${index}`) ?? 0;
      if (counter !== total)
        throw new Error(`Counter ${index} is ${counter} after ${total} commits (seed ${this.seed}).`);
    }
  }

  #compare(worker: number, number: number, found: ReadonlyMap<string, unknown>, where: string): void {
    let model = this.#models[worker] ?? new WorkerModel(this.seed, worker);
    if (number < (this.#numbers[worker] ?? 0)) {
      if (this.durability === 'commit') throw new Error(`What was on disk is gone: ${where}.`);
      model = new WorkerModel(this.seed, worker);
    }
    model.advanceTo(number);
    this.#models[worker] = model;
    const own = [...found].filter(([key]) => key.startsWith(`worker:${worker}:`));
    const isWhole =
      own.length === model.entries.size && own.every(([key, value]) => model.entries.get(key) === value);
    if (!isWhole) throw new Error(`What is on disk is not what commits made: ${where}.`);
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
