import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { seededRandom } from 'memstore-tx/testing';
import { bundleProgram } from '../../journal/lmdb/bundle-program.ts';
import { numberKey, WORKERS } from '../crash/load.ts';
import { checkEntries } from './check-entries.ts';
import { DiskModel, type DiskState, type Weakness } from './disk-model.ts';
import { CALLS, parseTrace, type TraceEvent } from './parse-trace.ts';

/** The reason why system calls cannot be traced here, or `undefined` if they can. */
export const missing: string | undefined =
  spawnSync('strace', ['-f', 'true']).status === 0 ? undefined : 'strace is not installed or not permitted';

export interface Counts {
  runs: number;
  /** The number of system calls that change the files. `flushes` counts the calls that flush the files. */
  writes: number;
  flushes: number;
  acknowledged: number;
  states: number;
  /** States at a moment when some writes were not flushed. */
  withUnflushed: number;
  /** States with a commit that was not acknowledged yet. This is allowed. */
  withUnheard: number;
}

export interface Options {
  readonly seed: number;
  readonly states: number;
  /** Weakens the simulated disk, to show that the test detects the fault. */
  readonly weakness?: Weakness;
  /** Changes the source of the writer program, to show that the test detects the fault. */
  readonly sabotage?: (source: string) => string;
  readonly onRun?: (counts: Counts) => void;
}

const STATES_PER_RUN = 500;
const COMMITS_PER_WORKER = 3;

/**
 * Records a process that commits. Rebuilds its files in states that a power loss at any moment may leave, and
 * opens each state. Throws for the first state that lacks an acknowledged commit or has a part of a commit.
 */
export class PowerLoss {
  readonly counts: Counts = {
    runs: 0,
    writes: 0,
    flushes: 0,
    acknowledged: 0,
    states: 0,
    withUnflushed: 0,
    withUnheard: 0,
  };
  readonly #options: Options;
  readonly #random: () => number;
  readonly #scratch: string;

  constructor(options: Options) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    // Each state is written and read once, so a directory in memory is sufficient.
    this.#scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'memstore-power-'));
  }

  async run(): Promise<Counts> {
    const { states, seed, sabotage, onRun } = this.#options;
    const writer = join(this.#scratch, 'writer.mjs');
    const opener = join(this.#scratch, 'opener.mjs');
    try {
      await bundleProgram(new URL('../crash/writer.ts', import.meta.url), writer);
      await bundleProgram(new URL('./open-program.ts', import.meta.url), opener);
      if (sabotage !== undefined) writeFileSync(writer, sabotage(readFileSync(writer, 'utf8')));
      await using reader = new StateReader(opener, join(this.#scratch, 'state'));
      for (let run = 0; this.counts.states < states; run++) {
        const durability = run % 5 === 4 ? 'relaxed' : 'commit';
        const events = this.#record(writer, seed + run, durability);
        const left = Math.min(STATES_PER_RUN, states - this.counts.states);
        await this.#tryStates(events, seed + run, durability, left, reader);
        this.counts.runs++;
        onRun?.(this.counts);
      }
      return this.counts;
    } finally {
      rmSync(this.#scratch, { recursive: true, force: true });
    }
  }

  get #directory(): string {
    return join(this.#scratch, 'new', 'data');
  }

  #record(program: string, seed: number, durability: string): TraceEvent[] {
    rmSync(dirname(this.#directory), { recursive: true, force: true });
    const trace = join(this.#scratch, 'trace');
    const args = [process.execPath, program, this.#directory, seed, durability, COMMITS_PER_WORKER];
    const { status, stderr } = spawnSync(
      'strace',
      [
        '-f',
        '-xx',
        '-s',
        '100000000',
        '-e',
        'abbrev=none',
        '-e',
        `trace=${CALLS}`,
        '-o',
        trace,
        ...args.map(String),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, UV_USE_IO_URING: '0' } },
    );
    if (status !== 0) throw new Error(`The writer must exit with status 0, got ${status}: ${String(stderr)}`);
    const events = parseTrace(readFileSync(trace, 'latin1'), this.#directory);
    rmSync(trace);
    this.counts.writes += events.filter(({ type }) => type === 'write').length;
    this.counts.flushes += events.filter(({ type }) => type === 'flushed').length;
    return events;
  }

  async #tryStates(
    events: readonly TraceEvent[],
    seed: number,
    durability: 'commit' | 'relaxed',
    count: number,
    reader: StateReader,
  ): Promise<void> {
    const model = new DiskModel(this.#directory, this.#scratch, this.#options.weakness);
    const heard = new Map<number, number>();
    for (const [index, event] of events.entries()) {
      model.apply(event);
      if (event.type === 'told') noteAcknowledged(event.text, heard);
      const due =
        Math.floor(((index + 1) * count) / events.length) - Math.floor((index * count) / events.length);
      for (let n = 0; n < due; n++) {
        const state = model.sample(this.#random);
        const found = await reader.read(state);
        const fault = typeof found === 'string' ? found : checkEntries(found, heard, seed, durability);
        if (fault !== undefined) {
          const moment = `after ${index + 1} of ${events.length} events, seed ${seed}`;
          throw new Error(`State ${this.counts.states}, ${moment}: ${fault}`);
        }
        this.counts.states++;
        if (model.hasUnflushed) this.counts.withUnflushed++;
        if (typeof found !== 'string' && hasUnheard(found, heard)) this.counts.withUnheard++;
      }
    }
    this.counts.acknowledged += [...heard.values()].reduce((total, number) => total + number, 0);
  }
}

function noteAcknowledged(text: string, heard: Map<number, number>): void {
  const [, worker, number] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
  if (worker !== undefined) heard.set(Number(worker), Number(number));
}

function hasUnheard(found: ReadonlyMap<string, unknown>, heard: ReadonlyMap<number, number>): boolean {
  for (let worker = 0; worker < WORKERS; worker++) {
    const number = (found.get(numberKey(worker)) as number | undefined) ?? 0;
    if (number > (heard.get(worker) ?? 0)) return true;
  }
  return false;
}

/** Opens states in a separate process, because a state may crash it. */
class StateReader {
  readonly #path: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(program: string, path: string) {
    this.#path = path;
    this.#process = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines: Interface = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** Returns the entries of the journal, or the reason why it cannot be opened. */
  async read(state: DiskState): Promise<Map<string, unknown> | string> {
    rmSync(this.#path, { recursive: true, force: true });
    mkdirSync(this.#path);
    for (const [name, content] of state) writeFileSync(join(this.#path, name), content);
    this.#process.stdin?.write(`${this.#path}\n`);
    const { value, done } = await this.#lines.next();
    if (done) return `It cannot be opened: the process ended with ${this.#process.signalCode}.`;
    const { entries, error } = JSON.parse(value) as { entries?: [string, unknown][]; error?: string };
    return entries === undefined ? `It cannot be opened: ${error}` : new Map(entries);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
  }
}
