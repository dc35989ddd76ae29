import { describe, expect, it } from 'vitest';
import { keyLocks } from '../../src/locks/key-locks/key-locks.ts';
import { settled } from '../../src/testing/lock-suite/lock-request.ts';

describe('an upgrade', () => {
  it('goes ahead of a scan that has waited for longer', async () => {
    const manager = keyLocks().create({ abortVictim() {} });
    const open = (id: number) => manager.session({ id, age: id });
    const [upgrader, reader, writer, scanner] = [open(1), open(2), open(3), open(4)];
    upgrader.lock('m', 'shared');
    reader.lock('m', 'shared');
    writer.lock('x', 'exclusive');
    const scan = scanner.lockRange({ from: 'a', to: undefined });
    const upgrade = upgrader.lock('m', 'exclusive');
    const waiting = (): number[] =>
      manager
        .report()
        .waiting.map(({ transactionId }) => transactionId)
        .sort();
    writer.releaseAll();
    await settled();
    expect(waiting()).toEqual([1, 4]);
    reader.releaseAll();
    await upgrade;
    expect(waiting()).toEqual([4]);
    upgrader.releaseAll();
    await scan;
    expect(waiting()).toEqual([]);
  });
});
