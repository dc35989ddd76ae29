import {
  MemStoreError,
  type RangeOptions,
  type Savepoint,
  type Transaction,
  type WaitOptions,
} from 'memstore-tx';
import { keyAfter, toKeyRange } from '../../../src/contract/key-range.ts';
import type { Recording } from './recording.ts';
import type { Numbers, RunContext } from './run-context.ts';

type Step = (work: RandomWork) => Promise<void>;

/** The steps of a transaction, with their weights. */
const STEPS: readonly (readonly [weight: number, step: Step])[] = [
  [26, (work) => work.read()],
  [8, (work) => work.read(true)],
  [6, (work) => work.readMany()],
  [24, (work) => work.write()],
  [5, (work) => work.writeMany()],
  [9, (work) => work.remove()],
  [12, (work) => work.scan()],
  [5, (work) => work.two()],
  [4, (work) => work.setSavepoint()],
  [3, (work) => work.goBack()],
];

const READ_ONLY_STEPS: readonly (readonly [weight: number, step: Step])[] = [
  [4, (work) => work.read()],
  [2, (work) => work.readMany()],
  [4, (work) => work.scan()],
];

/** The codes of operations that fail without ending their transaction. */
const FAILS_ALONE: ReadonlySet<string> = new Set(['LOCK_UNAVAILABLE', 'LOCK_TIMEOUT', 'ABORTED']);

/** Runs random operations of one transaction, and records them. */
export class RandomWork {
  readonly #tx: Transaction<Numbers>;
  readonly #recording: Recording;
  readonly #context: RunContext;
  #savepoint: { readonly savepoint: Savepoint; readonly place: number } | undefined = undefined;

  constructor(tx: Transaction<Numbers>, recording: Recording, context: RunContext) {
    this.#tx = tx;
    this.#recording = recording;
    this.#context = context;
  }

  async run(): Promise<void> {
    const { dice } = this.#context;
    const steps = this.#tx.readOnly ? READ_ONLY_STEPS : STEPS;
    for (let left = dice.between(1, 7); left > 0; left--) {
      await this.#context.think();
      await dice.weighted(steps)(this);
    }
  }

  read(forUpdate = false): Promise<void> {
    const key = this.#context.pickKey();
    const fill = this.#recording.reserve();
    return this.#unlessItFailsAlone(async (wait) => {
      const value = await (forUpdate ? this.#tx.getForUpdate(key, wait) : this.#tx.get(key, wait));
      fill({ type: 'read', key, value });
    });
  }

  readMany(): Promise<void> {
    const keys = this.#context.pickKeys();
    const fills = keys.map(() => this.#recording.reserve());
    return this.#unlessItFailsAlone(async (wait) => {
      const values = await this.#tx.getMany(keys, wait);
      keys.forEach((key, place) => {
        fills[place]?.({ type: 'read', key, value: values[place] });
      });
    });
  }

  write(): Promise<void> {
    const key = this.#context.pickKey();
    const value = this.#context.newValue();
    const fill = this.#recording.reserve();
    return this.#unlessItFailsAlone(async (wait) => {
      await this.#tx.put(key, value, { ...wait, ttl: this.#context.pickTtl() });
      fill({ type: 'write', key, value });
    });
  }

  writeMany(): Promise<void> {
    const entries = this.#context.pickKeys().map((key) => [key, this.#context.newValue()] as const);
    const fills = entries.map(() => this.#recording.reserve());
    return this.#unlessItFailsAlone(async (wait) => {
      await this.#tx.putMany(entries, { ...wait, ttl: this.#context.pickTtl() });
      entries.forEach(([key, value], place) => {
        fills[place]?.({ type: 'write', key, value });
      });
    });
  }

  remove(): Promise<void> {
    const key = this.#context.pickKey();
    const fill = this.#recording.reserve();
    return this.#unlessItFailsAlone(async (wait) => {
      const wasThere = await this.#tx.del(key, wait);
      if (wasThere) fill({ type: 'delete', key, value: this.#context.newMark() });
      else fill({ type: 'read', key, value: undefined });
    });
  }

  scan(): Promise<void> {
    const range = this.#context.pickRange(!this.#tx.readOnly);
    return this.#unlessItFailsAlone(async (wait) => {
      const entries: [string, number][] = [];
      let isComplete = false;
      try {
        for await (const entry of this.#tx.entries({ ...range, ...wait })) {
          entries.push(entry);
          await this.#context.think();
        }
        isComplete = entries.length !== range.limit;
      } finally {
        recordScan(this.#recording, range, entries, isComplete);
      }
    });
  }

  /** Calls two operations in one turn. They must take effect in the order of the calls. */
  async two(): Promise<void> {
    const { dice } = this.#context;
    const simple: readonly Step[] = [(work) => work.read(), (work) => work.write(), (work) => work.remove()];
    const results = await Promise.allSettled([dice.pick(simple)(this), dice.pick(simple)(this)]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async setSavepoint(): Promise<void> {
    const place = this.#recording.length;
    this.#savepoint = { savepoint: await this.#tx.savepoint(), place };
  }

  async goBack(): Promise<void> {
    if (this.#savepoint === undefined) return;
    const { savepoint, place } = this.#savepoint;
    await this.#tx.rollbackTo(savepoint);
    this.#recording.dropFrom(place);
  }

  /** Runs an operation with random wait options. Ignores a failure that these options can cause. */
  async #unlessItFailsAlone(operation: (wait: WaitOptions) => Promise<void>): Promise<void> {
    const wait = this.#context.pickWait();
    try {
      await operation(wait);
    } catch (error) {
      const isAsked = wait.lockTimeout !== undefined || wait.signal !== undefined;
      if (!(isAsked && error instanceof MemStoreError && FAILS_ALONE.has(error.code))) throw error;
    }
  }
}

/** Records a scan up to the point where it stopped. */
export function recordScan(
  recording: Recording,
  range: RangeOptions,
  entries: readonly (readonly [key: string, value: number])[],
  isComplete: boolean,
): void {
  const last = entries.at(-1)?.[0];
  if (range.skipLocked) {
    // With `skipLocked`, a key that the scan does not yield may still be present.
    for (const [key, value] of entries) recording.note({ type: 'read', key, value });
    return;
  }
  if (!isComplete && last === undefined) return;
  const { from, to } = toKeyRange(range);
  const readUpTo = range.reverse ? { from: last ?? from, to } : { from, to: keyAfter(last ?? '') };
  recording.note({ type: 'scan', range: isComplete ? { from, to } : readUpTo, entries });
}
