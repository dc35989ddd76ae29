import { describe, expect, it } from 'vitest';
import type { Journal, JournalCommit, JournalEntry, JournalWrite } from '../../src/journal/journal.ts';
import { type JournalStorage, journalSuite } from '../../src/testing/suites/journal/journal-suite.ts';
import { failuresOf } from '../failures-of.ts';

/** A correct journal. The tests break it in subclasses. */
class Breakable {
  readonly entries = new Map<string, JournalEntry>();
  write(write: JournalWrite): void {
    if (write.deleted) this.entries.delete(write.key);
    else this.entries.set(write.key, structuredClone(write));
  }
  append(commit: JournalCommit): Promise<void> {
    for (const write of commit.writes) this.write(write);
    return Promise.resolve();
  }
  *load(): Iterable<readonly JournalEntry[]> {
    yield [...this.entries.values()];
  }
  crash(): void {}

  storage(): JournalStorage {
    const create = (): Journal => ({
      load: () => toAsync(this.load()),
      append: (commit) => this.append(commit),
      close: () => Promise.resolve(),
    });
    return { strategy: () => ({ name: 'breakable', create }), crash: () => this.crash() };
  }
}

async function* toAsync<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items;
}

class AsJson extends Breakable {
  override write(write: JournalWrite): void {
    super.write(JSON.parse(JSON.stringify(write)) as JournalWrite);
  }
}

class DeepClones extends Breakable {
  override write(write: JournalWrite): void {
    super.write(write.deleted ? write : { ...write, value: structuredClone([write.value, write.value]) });
  }
}

class IgnoresDeletes extends Breakable {
  override write(write: JournalWrite): void {
    if (!write.deleted) super.write(write);
  }
}

class KeepsFirst extends Breakable {
  override write(write: JournalWrite): void {
    if (write.deleted || !this.entries.has(write.key)) super.write(write);
  }
}

class LosesExpiry extends Breakable {
  override write(write: JournalWrite): void {
    super.write(write.deleted ? write : { ...write, expiresAtMs: undefined });
  }
}

class LoadsFirstBatchOnly extends Breakable {
  override *load(): Iterable<readonly JournalEntry[]> {
    yield [...this.entries.values()].slice(0, 1000);
  }
}

class LoadsTwice extends Breakable {
  override *load(): Iterable<readonly JournalEntry[]> {
    yield* super.load();
    yield* super.load();
  }
}

class MixesUpKeys extends Breakable {
  override write(write: JournalWrite): void {
    super.write({ ...write, key: write.key.normalize().toLowerCase() });
  }
}

/** Writes two concurrent appends in reverse order. */
class OutOfOrder extends Breakable {
  #waiting: (() => void)[] = [];
  override append(commit: JournalCommit): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => void super.append(commit).then(resolve));
      if (this.#waiting.length > 1) return;
      setImmediate(() => {
        for (const write of this.#waiting.splice(0).reverse()) write();
      });
    });
  }
}

/** Acknowledges an append before it is written. */
class TooSoon extends Breakable {
  #unwritten: JournalCommit[] = [];
  override append(commit: JournalCommit): Promise<void> {
    this.#unwritten.push(commit);
    if (this.#unwritten.length === 1) setImmediate(() => this.flush());
    return Promise.resolve();
  }
  flush(): void {
    for (const commit of this.#unwritten.splice(0)) void super.append(commit);
  }
  override crash(): void {
    this.#unwritten = [];
  }
}

/** Loses the last write of the last commit in a crash. */
class HalfWritten extends Breakable {
  #last: JournalCommit | undefined;
  override append(commit: JournalCommit): Promise<void> {
    this.#last = commit;
    return super.append(commit);
  }
  override crash(): void {
    const half = this.#last?.writes.at(-1);
    if (half !== undefined) this.entries.delete(half.key);
  }
}

const cases: [what: string, create: () => Breakable, found: string[]][] = [
  [
    'stores values as JSON',
    () => new AsJson(),
    ['a value that is minus zero', 'a value that is a Map', 'keeps cycles'],
  ],
  ['returns another value', () => new DeepClones(), ['a value that is zero']],
  ['ignores deletes', () => new IgnoresDeletes(), ['no deleted entry', 'same entries as a Map']],
  [
    'keeps the first write of a key',
    () => new KeepsFirst(),
    ['the last of several writes', 'order of the calls'],
  ],
  ['loses expiry times', () => new LosesExpiry(), ['the expiry time']],
  ['loads only one batch', () => new LoadsFirstBatchOnly(), ['a commit of 5000 writes']],
  ['loads keys twice', () => new LoadsTwice(), ['after every restart']],
  ['mixes up keys', () => new MixesUpKeys(), ['unusual keys']],
  ['writes commits out of order', () => new OutOfOrder(), ['order of the calls']],
  ['acknowledges commits too early', () => new TooSoon(), ['no acknowledged commit in a crash']],
  ['leaves half of a commit after a crash', () => new HalfWritten(), ['no partial commit']],
];

describe('the journal suite', () => {
  const run = (create: () => Breakable): Promise<string[]> =>
    failuresOf((tests) => journalSuite('broken', () => create().storage(), tests));

  it('passes a correct journal', async () => {
    expect(await run(() => new Breakable())).toEqual([]);
  });

  for (const [what, create, found] of cases) {
    it(`fails a journal that ${what}`, async () => {
      const failures = await run(create);
      for (const title of found) {
        expect(failures).toContainEqual(expect.stringContaining(title));
      }
    });
  }

  it('requires a crash function, or the reason for its absence', async () => {
    const storage = (): JournalStorage => ({ strategy: new Breakable().storage().strategy });
    const silent = await failuresOf((tests) => journalSuite('no crash', storage, tests));
    expect(silent).toContainEqual(expect.stringContaining('crash'));
    const explained = await failuresOf((tests) =>
      journalSuite('no crash', storage, tests, { withoutCrash: 'it is in this process' }),
    );
    expect(explained).toEqual([]);
  });
});
