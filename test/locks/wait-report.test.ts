import { describe, expect, it } from 'vitest';
import { keyLocks } from '../../src/locks/key-locks/key-locks.ts';

describe('the report of a lock manager', () => {
  it('names only those scans ahead of a write that cover its key', () => {
    const manager = keyLocks().create({ abortVictim() {} });
    const [holder, near, far, writer, reader] = [1, 2, 3, 4, 5].map((id) => manager.session({ id, age: id }));
    holder?.lock('a', 'exclusive');
    holder?.lock('m', 'exclusive');
    near?.lockRange({ from: 'l', to: 'n' });
    far?.lockRange({ from: 'a', to: 'b' });
    writer?.lock('m', 'exclusive');
    reader?.lock('m', 'shared');
    const waitsFor = manager.report().waiting.map(({ transactionId, waitsFor: ids }) => [transactionId, ids]);
    expect(waitsFor.sort()).toEqual([
      [2, [1]],
      [3, [1]],
      [4, [1, 2]],
      [5, [1, 4]],
    ]);
  });
});
