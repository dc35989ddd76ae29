import { closeSync, openSync, readSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** Shorter operations are not looked at again, so that a run does not keep a note of every one of them. */
const NOTED_MS = 1;
/** How many operations go between two looks at what other programs took. */
const OPERATIONS_PER_LOOK = 64;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** An operation that took long. */
interface Stall extends Span {
  /** Its number among all operations, from 0. */
  readonly number: number;
  /** How long the thread was ready to run and another one had the processor. */
  readonly waitedMs: number;
}

/** Where the time of one long operation went. */
export interface StallParts {
  readonly number: number;
  readonly wallMs: number;
  readonly collectionMs: number;
  readonly otherProgramsMs: number;
  /** What is left: the operation itself. */
  readonly ownMs: number;
}

export interface StallReport {
  /** The longest, whatever it was that took the time. */
  readonly longestMs: number;
  /** The longest with garbage collections and the time of other programs taken off. */
  readonly longestOwnMs: number;
  /** All operations from a millisecond on, the longest own time first. */
  readonly noted: readonly StallParts[];
  /** How late a timer of the event loop was, in milliseconds. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
}

/**
 * Finds the longest of very many operations, and says how much of it was garbage collection (as V8 tells it)
 * and how much other programs on the same processor (as Linux tells it; elsewhere that is not known and
 * counts as none).
 *
 * V8 tells of whole collections, and not of the steps of marking in between, which take 40 ms and more in a
 * large heap. With `--no-incremental-marking` there are none, so what is left is really the operation.
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

  /** Forgets what it has seen. */
  start(): void {
    this.#collections.length = 0;
    this.#stalls = [];
    this.#count = 0;
    this.#delay.reset();
    this.#delay.enable();
    this.#schedule.sinceLastMs();
  }

  /** To be called after each operation. */
  note(startMs: number, endMs: number): void {
    const number = this.#count++;
    if (endMs - startMs >= NOTED_MS)
      this.#stalls.push({ number, startMs, endMs, waitedMs: this.#schedule.sinceLastMs() });
    else if (number % OPERATIONS_PER_LOOK === 0) this.#schedule.sinceLastMs();
  }

  async stop(): Promise<StallReport> {
    this.#delay.disable();
    // Observers hear of collections only when the event loop turns.
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

/** How long the main thread waited for a processor, from Linux's account of it. */
class RunDelay {
  readonly #file: number | undefined = open('/proc/self/schedstat');
  readonly #buffer = Buffer.alloc(64);
  #lastNs = 0;

  /** Since the last call. */
  sinceLastMs(): number {
    if (this.#file === undefined) return 0;
    const length = readSync(this.#file, this.#buffer, 0, this.#buffer.length, 0);
    // The time on the processor, the time waited for one, and how often, in nanoseconds.
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

/** One line for the longest operation, and one for the event loop. */
export function printStalls({ longestMs, longestOwnMs, noted, delay }: StallReport): void {
  const [first] = noted;
  const where = first === undefined ? '' : `, operation ${first.number.toLocaleString('en')}`;
  print('  longest operation', `${longestOwnMs.toFixed(1)} ms of its own${where}`);
  print('  … with collections and other programs', `${longestMs.toFixed(1)} ms`);
  const { p50, p99, max } = delay;
  print('  event loop late by', `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, most ${max.toFixed(1)} ms`);
}

export function print(what: string, figure: string): void {
  console.log(`${what.padEnd(46)}${figure}`);
}
