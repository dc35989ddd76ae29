import { describe, expect, it } from 'vitest';
import type { Cache } from '../../src/cache/cache-strategy.ts';
import { cacheSuite } from '../../src/testing/suites/cache/cache-suite.ts';
import { failuresOf } from '../failures-of.ts';

const MAX_SIZE = 500;

/** A correct first-in, first-out cache. The tests break it in subclasses. */
class Fifo implements Cache {
  readonly sizes: Map<string, number> = new Map();
  readonly defaultTtlMs: number | undefined = undefined;
  totalSize = 0;
  get entries(): number {
    return this.sizes.size;
  }
  get isOverfull(): boolean {
    return this.totalSize > MAX_SIZE;
  }
  sizeOf(key: string, value: unknown): number {
    return key.length + (value as string).length + 1;
  }
  fits(size: number): boolean {
    return size <= MAX_SIZE;
  }
  onRead(_key: string): void {}
  onWrite(key: string, size: number): void {
    this.onRemove(key);
    this.sizes.set(key, size);
    this.totalSize += size;
  }
  onRemove(key: string): void {
    this.totalSize -= this.sizes.get(key) ?? 0;
    this.sizes.delete(key);
  }
  candidates(): Iterable<string> {
    return this.sizes.keys();
  }
}

class ForgetsOverwrittenSize extends Fifo {
  override onWrite(key: string, size: number): void {
    this.sizes.set(key, size);
    this.totalSize += size;
  }
}

class DeductsTwice extends Fifo {
  override onRemove(key: string): void {
    this.totalSize -= this.sizes.get(key) ?? 0;
    super.onRemove(key);
  }
}

class CountsReads extends Fifo {
  override onRead(key: string): void {
    this.onWrite(key, this.sizes.get(key) ?? 1);
  }
}

class EvictsByItself extends Fifo {
  override onWrite(key: string, size: number): void {
    super.onWrite(key, size);
    for (const other of this.sizes.keys()) {
      if (!this.isOverfull) return;
      this.onRemove(other);
    }
  }
}

class RemembersCandidates extends Fifo {
  readonly #everWritten = new Set<string>();
  override onWrite(key: string, size: number): void {
    super.onWrite(key, size);
    this.#everWritten.add(key);
  }
  override candidates(): Iterable<string> {
    return this.#everWritten;
  }
}

class YieldsTwice extends Fifo {
  override *candidates(): Iterable<string> {
    yield* this.sizes.keys();
    yield* this.sizes.keys();
  }
}

class YieldsOneOnly extends Fifo {
  override *candidates(): Iterable<string> {
    for (const key of this.sizes.keys()) {
      yield key;
      return;
    }
  }
}

class ConsumesCandidates extends Fifo {
  override *candidates(): Iterable<string> {
    for (const [key, size] of [...this.sizes]) {
      this.sizes.delete(key);
      this.sizes.set(key, size);
      yield key;
    }
  }
}

class NeverOverfull extends Fifo {
  override get isOverfull(): boolean {
    return false;
  }
}

class FitsEverything extends Fifo {
  override fits(): boolean {
    return true;
  }
}

class AccountsWhenMeasuring extends Fifo {
  override sizeOf(key: string, value: unknown): number {
    this.totalSize += 1;
    return super.sizeOf(key, value);
  }
}

class HasNoSize extends Fifo {
  override sizeOf(): number {
    return 0;
  }
}

class WrongLife extends Fifo {
  override readonly defaultTtlMs: number | undefined = 0;
}

const RECOUNT = 'equal a recount';
const cases: [what: string, create: () => Cache, found: string][] = [
  ['forgets to deduct an overwritten size', () => new ForgetsOverwrittenSize(), RECOUNT],
  ['deducts a size twice', () => new DeductsTwice(), RECOUNT],
  ['counts a read as a write', () => new CountsReads(), 'unknown keys'],
  ['evicts by itself', () => new EvictsByItself(), 'becomes overfull'],
  ['offers removed entries', () => new RemembersCandidates(), RECOUNT],
  ['offers entries twice', () => new YieldsTwice(), RECOUNT],
  ['offers only one candidate', () => new YieldsOneOnly(), 'further candidates'],
  ['changes its order when candidates are read', () => new ConsumesCandidates(), 'keeps its eviction order'],
  ['is never overfull', () => new NeverOverfull(), 'becomes overfull'],
  ['reports that every size fits', () => new FitsEverything(), 'does not fit'],
  ['changes its account in sizeOf', () => new AccountsWhenMeasuring(), 'same positive size'],
  ['returns 0 as a size', () => new HasNoSize(), 'same positive size'],
  ['has a default TTL of 0', () => new WrongLife(), 'default TTL'],
];

describe('the cache suite', () => {
  const run = (create: () => Cache): Promise<string[]> =>
    failuresOf((tests) => cacheSuite('broken', () => ({ name: 'broken', create }), tests));

  it('passes a correct strategy', async () => {
    expect(await run(() => new Fifo())).toEqual([]);
  });

  for (const [what, create, found] of cases) {
    it(`fails a strategy that ${what}`, async () => {
      expect(await run(create)).toContainEqual(expect.stringContaining(found));
    });
  }

  it('fails a strategy that shares an account between stores', async () => {
    const shared = new Fifo();
    expect(await run(() => shared)).toContainEqual(expect.stringContaining('separate figures'));
  });

  it('fails a strategy that keeps no account, although one is required', async () => {
    class KeepsNone extends Fifo {
      override onWrite(): void {}
    }
    expect((await run(() => new KeepsNone())).length).toBeGreaterThan(20);
  });
});
