import { assert, assertEqual } from '../../assert.ts';
import { range, S, X } from './bench-transaction.ts';
import type { LockCase } from './lock-case.ts';
import { expectGranted, expectWaiting } from './lock-request.ts';

const CONFLICTING_MODES = [
  [S, X],
  [X, S],
  [X, X],
] as const;

const conflictCases: readonly LockCase[] = CONFLICTING_MODES.map(([held, asked]) => ({
  name: `a request for the ${asked} lock of a key waits for a holder of the ${held} lock`,
  async run(bench) {
    const [holder, waiter] = bench.begins();
    holder.take('k', held);
    const request = waiter.ask('k', asked);
    await expectWaiting(request);
    holder.end();
    await expectGranted(request);
    assert(bench.manager.isLocked('k'), 'the waiter now holds the lock');
  },
}));

/** Single keys: compatible modes, re-entrancy, upgrades and the order of the queue. */
export const keyCases: readonly LockCase[] = [
  ...conflictCases,
  {
    name: 'several transactions can hold shared locks of the same key',
    coarseMay: 'let readers exclude each other',
    run(bench) {
      const [first, second, third] = bench.begins();
      first.take('k', S);
      second.take('k', S);
      third.take('k', S);
    },
  },
  {
    name: 'locks of different keys do not conflict',
    coarseMay: 'lock several keys as one',
    run(bench) {
      const keys = [
        '',
        'a',
        'a\0',
        'A',
        '__proto__',
        'constructor',
        '\u{1F600}',
        '\uffff',
        'k'.repeat(10_000),
      ];
      for (const key of keys) bench.begin().take(key, X);
    },
  },
  {
    name: 'a lock that the transaction already holds is granted synchronously, even if others wait',
    run(bench) {
      const [writer, other] = bench.begins();
      writer.take('k', X);
      other.ask('k', X);
      writer.take('k', X);
      writer.take('k', S);
      assert(writer.try('k', X) && writer.try('k', S), 'trying a lock that is already held succeeds');
    },
  },
  {
    name: 'a reader that requests its lock again does not queue behind a waiting writer',
    run(bench) {
      const [reader, writer] = bench.begins();
      reader.take('k', S);
      writer.ask('k', X);
      reader.take('k', S);
      assert(reader.try('k', S), 'trying a lock that is already held succeeds');
    },
  },
  {
    name: 'a request for a shared lock does not downgrade an exclusive lock',
    run(bench) {
      const [writer, reader] = bench.begins();
      writer.take('k', X);
      writer.take('k', S);
      assert(!reader.try('k', S), 'the lock is still exclusive');
    },
  },
  {
    name: 'the only holder of a shared lock upgrades synchronously, ahead of the queue',
    async run(bench) {
      const [holder, writer, reader] = bench.begins();
      holder.take('k', S);
      const requests = [writer.ask('k', X), reader.ask('k', S)];
      holder.take('k', X);
      await expectWaiting(...requests);
      bench.expectVictims();
    },
  },
  {
    name: 'tryLock upgrades the lock of the only holder, ahead of the queue',
    run(bench) {
      const [holder, writer] = bench.begins();
      holder.take('k', S);
      writer.ask('k', X);
      assert(holder.try('k', X), 'trying the upgrade succeeds');
    },
  },
  {
    name: 'an upgrade waits only for the other holders, ahead of the queue',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [upgrader, reader, writer] = bench.begins();
      upgrader.take('k', S);
      reader.take('k', S);
      const write = writer.ask('k', X);
      assert(!upgrader.try('k', X), 'another holder blocks the upgrade');
      const upgrade = upgrader.ask('k', X);
      await expectWaiting(write, upgrade);
      reader.end();
      await expectGranted(upgrade);
      await expectWaiting(write);
      bench.expectVictims();
    },
  },
  {
    name: 'an upgraded lock is exclusive',
    run(bench) {
      const [upgrader, reader] = bench.begins();
      upgrader.take('k', S);
      upgrader.take('k', X);
      assert(!reader.try('k', S), 'no other transaction can take a shared lock');
    },
  },
  {
    name: 'writers of a key are granted the lock in the order of their requests',
    async run(bench) {
      const [holder, ...writers] = [bench.begin(), bench.begin(), bench.begin(), bench.begin()];
      holder.take('k', X);
      const requests = writers.map((writer) => writer.ask('k', X));
      holder.end();
      for (const [index, writer] of writers.entries()) {
        await expectGranted(...requests.slice(0, index + 1));
        await expectWaiting(...requests.slice(index + 1));
        writer.end();
      }
    },
  },
  {
    name: 'readers that wait behind a writer are granted their locks together, up to the next writer',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [writer, first, second, nextWriter, third] = bench.begins();
      writer.take('k', X);
      const together = [first.ask('k', S), second.ask('k', S)];
      const behind = [nextWriter.ask('k', X), third.ask('k', S)];
      writer.end();
      await expectGranted(...together);
      await expectWaiting(...behind);
    },
  },
  {
    name: 'a reader queues behind a waiting writer, although the lock is shared',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [reader, writer, newcomer] = bench.begins();
      reader.take('k', S);
      const write = writer.ask('k', X);
      assert(!newcomer.try('k', S), 'tryLock does not overtake the queue either');
      const read = newcomer.ask('k', S);
      await expectWaiting(write, read);
      reader.end();
      await expectGranted(write);
      await expectWaiting(read);
    },
  },
  {
    name: 'tryLock takes a free lock, and leaves no trace if it fails',
    async run(bench) {
      const [holder, waiter, trier] = bench.begins();
      holder.take('k', S);
      waiter.ask('k', X);
      const before = bench.manager.report();
      assert(!trier.try('k', X), 'the key is held');
      assert(!trier.try('k', S), 'a writer waits for the key');
      assert(!trier.tryRange(range('a', 'z')), 'a writer waits for a key of the range');
      assertEqual(bench.manager.report(), before, 'the report, which a failed try does not change');
      holder.end();
      waiter.abort();
      assert(trier.try('k', X), 'the key is free');
      assert(!bench.begin().try('k', S), 'the lock from the successful try is held');
    },
  },
];
