import { describe, expect, it } from 'vitest';
import { keyLocks } from '../../src/locks/key-locks/key-locks.ts';
import { settled } from '../../src/testing/suites/lock/lock-request.ts';

describe('an upgrade', () => {
  it('goes ahead of a scan that has waited longer', async () => {
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

describe('a request whose deadlock has cost a victim', () => {
  it('does not overtake earlier requests', async () => {
    const victims: number[] = [];
    const manager = keyLocks().create({
      abortVictim: ({ id }) => {
        victims.push(id);
        victim.withdraw(new Error('a victim'));
        victim.releaseAll();
      },
    });
    const open = (id: number) => manager.session({ id, age: id });
    const [requester, holder, first, victim] = [open(1), open(2), open(3), open(9)];
    requester.lock('r', 'exclusive');
    holder.lock('k', 'shared');
    victim.lock('k', 'shared');
    const before = first.lock('k', 'exclusive');
    const lost = victim.lock('r', 'shared')?.catch(() => {});
    const behind = requester.lock('k', 'exclusive');
    await lost;
    expect(victims).toEqual([9]);
    holder.releaseAll();
    await before;
    expect(manager.exclusiveHolder('k')).toBe(3);
    first.releaseAll();
    await behind;
    expect(manager.exclusiveHolder('k')).toBe(1);
  });
});
