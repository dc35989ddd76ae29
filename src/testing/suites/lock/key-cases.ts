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
  name: `${asked} waits for ${held} of the same key`,
  async run(bench) {
    const [holder, waiter] = bench.begins();
    holder.take('k', held);
    const request = waiter.ask('k', asked);
    await expectWaiting(request);
    holder.end();
    await expectGranted(request);
    assert(bench.manager.isLocked('k'), 'the key is locked by the one who had waited');
  },
}));

/** Single keys: compatibility, re-entrancy, upgrades and the order of the queue. */
export const keyCases: readonly LockCase[] = [
  ...conflictCases,
  {
    name: 'shared locks of the same key are held together',
    coarseMay: 'let readers exclude each other',
    run(bench) {
      const [first, second, third] = bench.begins();
      first.take('k', S);
      second.take('k', S);
      third.take('k', S);
    },
  },
  {
    name: 'locks of different keys have nothing to do with each other',
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
    name: 'what is held already is granted at once, whoever waits',
    run(bench) {
      const [writer, other] = bench.begins();
      writer.take('k', X);
      other.ask('k', X);
      writer.take('k', X);
      writer.take('k', S);
      assert(writer.try('k', X) && writer.try('k', S), 'what is held already is there to try');
    },
  },
  {
    name: 'a reader who asks again does not queue behind a waiting writer',
    run(bench) {
      const [reader, writer] = bench.begins();
      reader.take('k', S);
      writer.ask('k', X);
      reader.take('k', S);
      assert(reader.try('k', S), 'what is held already is there to try');
    },
  },
  {
    name: 'asking for shared does not weaken an exclusive lock',
    run(bench) {
      const [writer, reader] = bench.begins();
      writer.take('k', X);
      writer.take('k', S);
      assert(!reader.try('k', S), 'the lock is still exclusive');
    },
  },
  {
    name: 'a lone holder upgrades at once, ahead of the queue',
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
    name: 'a lone holder may also try to upgrade, ahead of the queue',
    run(bench) {
      const [holder, writer] = bench.begins();
      holder.take('k', S);
      writer.ask('k', X);
      assert(holder.try('k', X), 'the upgrade is there to try');
    },
  },
  {
    name: 'an upgrade waits for the other holders, ahead of the queue',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [upgrader, reader, writer] = bench.begins();
      upgrader.take('k', S);
      reader.take('k', S);
      const write = writer.ask('k', X);
      assert(!upgrader.try('k', X), 'another holder is in the way');
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
      assert(!reader.try('k', S), 'nobody else reads');
    },
  },
  {
    name: 'writers of a key are granted in the order they came',
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
    name: 'readers who wait behind one writer are granted together, up to the next writer',
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
      assert(!newcomer.try('k', S), 'one who only tries does not pass the queue either');
      const read = newcomer.ask('k', S);
      await expectWaiting(write, read);
      reader.end();
      await expectGranted(write);
      await expectWaiting(read);
    },
  },
  {
    name: 'trying takes what is free and is refused what is not, without a trace',
    async run(bench) {
      const [holder, waiter, trier] = bench.begins();
      holder.take('k', S);
      waiter.ask('k', X);
      const before = bench.manager.report();
      assert(!trier.try('k', X), 'the key is held');
      assert(!trier.try('k', S), 'a writer waits for the key');
      assert(!trier.tryRange(range('a', 'z')), 'a writer waits for a key of the range');
      assertEqual(bench.manager.report(), before, 'the report, which a refused try does not change');
      holder.end();
      waiter.abort();
      assert(trier.try('k', X), 'the key is free');
      assert(!bench.begin().try('k', S), 'what was tried with success is held');
    },
  },
];
