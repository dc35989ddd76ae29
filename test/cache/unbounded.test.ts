import { describe, expect, it } from 'vitest';
import { unbounded } from '../../src/cache/unbounded/unbounded.ts';
import { cacheSuite } from '../../src/testing/suites/cache/cache-suite.ts';

cacheSuite('unbounded', unbounded, { describe, it }, { accounts: 'nothing' });

describe('unbounded', () => {
  it('keeps every entry, however large', () => {
    const cache = unbounded().create();
    cache.onWrite('key', Number.MAX_VALUE);
    expect(cache.fits(Number.MAX_VALUE)).toBe(true);
    expect(cache.isOverfull).toBe(false);
    expect(cache.defaultTtlMs).toBeUndefined();
  });
});
