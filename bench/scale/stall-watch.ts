import { closeSync, openSync, readSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** Shorter operations are not recorded, because a run has too many of them. */
const NOTED_MS = 1;
/** The number of operations between two reads of the time that other programs took. */
const OPERATIONS_PER_LOOK = 64;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A long operation. */
interface Stall extends Span {
  /** The number of the operation, from 0. */
  readonly number: number;
  /** The time for which the thread was ready to run, but another thread had the CPU. */
  readonly waitedMs: number;
}

/** The parts of the time of one long operation. */
export interface StallParts {
  readonly number: number;
  readonly wallMs: number;
  readonly collectionMs: number;
  readonly otherProgramsMs: number;
  /** The remaining time, which the operation itself used. */
  readonly ownMs: number;
}

export interface StallReport {
  /** The time of the longest operation, including pauses. */
  readonly longestMs: number;
  /** The longest own time of an operation, without garbage collections and other programs. */
  readonly longestOwnMs: number;
  /** All operations of at least a millisecond, sorted by own time, the longest first. */
  readonly noted: readonly StallParts[];
  /** The delay of a timer of the event loop, in milliseconds. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
}

/**
 * Finds the longest of very many operations. Determines how much of its time was garbage collection, and how
 * much went to other programs on the same CPU. V8 reports the collections. Linux reports the time of other
 * programs, which counts as zero on other systems.
 *
 * V8 reports whole collections, but not steps of incremental marking, which take 40 ms and more in a large
 * heap. With `--no-incremental-marking` there are none, so the own time is exact.
 */
export class StallWatch {
  readonly #collections: Span[] = [];
  readonly #observer: PerformanceObserver;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 1 });
  readonly #schedule = new RunDelay();
  #stalls: Stall[] = [];
  #count = 0;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries())
        this.#collections.push({ startMs: startTime, endMs: startTime + duration });
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Starts a new measurement and drops all records. */
  start(): void {
    this.#collections.length = 0;
    this.#stalls = [];
    this.#count = 0;
    this.#delay.reset();
    this.#delay.enable();
    this.#schedule.sinceLastMs();
  }

  /** Records an operation. Call it after each one. */
  note(startMs: number, endMs: number): void {
    const number = this.#count++;
    if (endMs - startMs >= NOTED_MS)
      this.#stalls.push({ number, startMs, endMs, waitedMs: this.#schedule.sinceLastMs() });
    else if (number % OPERATIONS_PER_LOOK === 0) this.#schedule.sinceLastMs();
  }

  async stop(): Promise<StallReport> {
    this.#delay.disable();
    // Observers receive collections only in a later turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const noted = this.#stalls.map((stall) => this.#partsOf(stall)).sort((a, b) => b.ownMs - a.ownMs);
    const inMs = (nanoseconds: number): number => nanoseconds / 1e6;
    return {
      longestMs: noted.reduce((longest, { wallMs }) => Math.max(longest, wallMs), 0),
      longestOwnMs: noted[0]?.ownMs ?? NOTED_MS,
      noted,
      delay: {
        p50: inMs(this.#delay.percentile(50)),
        p99: inMs(this.#delay.percentile(99)),
        max: inMs(this.#delay.max),
      },
    };
  }

  close(): void {
    this.#observer.disconnect();
    this.#schedule.close();
  }

  #partsOf({ number, startMs, endMs, waitedMs }: Stall): StallParts {
    const wallMs = endMs - startMs;
    let collectionMs = 0;
    for (const gc of this.#collections)
      collectionMs += Math.max(0, Math.min(gc.endMs, endMs) - Math.max(gc.startMs, startMs));
    const otherProgramsMs = Math.min(waitedMs, wallMs - collectionMs);
    return { number, wallMs, collectionMs, otherProgramsMs, ownMs: wallMs - collectionMs - otherProgramsMs };
  }
}

/** Reads from Linux how long the main thread waited for a CPU. */
class RunDelay {
  readonly #file: number | undefined = open('/proc/self/schedstat');
  readonly #buffer = Buffer.alloc(64);
  #lastNs = 0;

  /** Returns the waiting time since the last call, in milliseconds. */
  sinceLastMs(): number {
    if (this.#file === undefined) return 0;
    const length = readSync(this.#file, this.#buffer, 0, this.#buffer.length, 0);
    // The file has the time on a CPU and the time waiting for a CPU, in nanoseconds, then a count.
    const ns = Number(this.#buffer.toString('latin1', 0, length).split(' ')[1]);
    const waited = ns - this.#lastNs;
    this.#lastNs = ns;
    return waited / 1e6;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

/** Prints the longest operation and the delay of the event loop. */
export function printStalls({ longestMs, longestOwnMs, noted, delay }: StallReport): void {
  const [first] = noted;
  const where = first === undefined ? '' : `, operation ${first.number.toLocaleString('en')}`;
  print('  longest operation', `${longestOwnMs.toFixed(1)} ms own time${where}`);
  print('  … with collections and other programs', `${longestMs.toFixed(1)} ms`);
  const { p50, p99, max } = delay;
  print('  event loop late by', `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, most ${max.toFixed(1)} ms`);
}

export function print(what: string, figure: string): void {
  console.log(`${what.padEnd(46)}${figure}`);
}
