import { assert } from '../../assert.ts';
import { range, S, X } from './bench-transaction.ts';
import type { LockCase } from './lock-case.ts';
import { expectGranted, expectWaiting } from './lock-request.ts';

const INSIDE = ['b', 'b\0', 'bzzz', 'c', 'm', 'x', 'x\uffff'] as const;
const OUTSIDE = ['', 'a', 'a\uffff', 'y', 'y\0', 'z', '\uffff'] as const;
const SCANNED = range('b', 'y');

const boundCases: readonly LockCase[] = [
  {
    name: 'a write to any key of a scanned range waits for the scan, from the first key to the last',
    async run(bench) {
      const scanner = bench.begin();
      scanner.takeRange(SCANNED);
      const writes = INSIDE.map((key) => bench.begin().ask(key, X));
      await expectWaiting(...writes);
      for (const key of INSIDE) assert(!bench.begin().try(key, X), `${JSON.stringify(key)} is locked`);
    },
  },
  {
    name: 'a scan waits for a write to any key of its range, from the first key to the last',
    async run(bench) {
      for (const key of INSIDE) {
        const [writer, scanner] = bench.begins();
        writer.take(key, X);
        assert(!scanner.tryRange(SCANNED), `a write of ${JSON.stringify(key)} blocks the scan`);
        const scan = scanner.askRange(SCANNED);
        await expectWaiting(scan);
        writer.end();
        await expectGranted(scan);
        scanner.end();
      }
    },
  },
  {
    name: 'a write just outside a scanned range does not wait',
    coarseMay: 'lock more than the range',
    run(bench) {
      bench.begin().takeRange(SCANNED);
      for (const key of OUTSIDE) bench.begin().take(key, X);
      bench.begin().takeRange(SCANNED);
    },
  },
  {
    name: 'a range without an upper bound includes the greatest possible key',
    run(bench) {
      const scanner = bench.begin();
      scanner.takeRange(range('b'));
      for (const key of ['b', 'z', '\uffff\uffff']) {
        assert(!bench.begin().try(key, X), `${JSON.stringify(key)} is locked`);
      }
    },
  },
  {
    name: 'an empty range is granted synchronously and locks nothing',
    run(bench) {
      const [writer, scanner] = bench.begins();
      writer.take('k', X);
      for (const empty of [range('k', 'k'), range('m', 'k'), range('', '')]) {
        scanner.takeRange(empty);
        assert(scanner.tryRange(empty), 'trying an empty range succeeds');
      }
      writer.end();
      assert(bench.manager.isIdle(), 'nothing is locked');
    },
  },
];

const queueCases: readonly LockCase[] = [
  {
    name: 'a write queues behind a waiting scan only if the scan covers its key',
    coarseMay: 'take the keys of a range one after the other',
    async run(bench) {
      const [holder, scanner, inside, outside, reader] = bench.begins();
      holder.take('m', X);
      const scan = scanner.askRange(SCANNED);
      assert(!inside.try('c', X), 'tryLock does not overtake the queue either');
      const write = inside.ask('c', X);
      outside.take('z', X);
      reader.take('d', S);
      await expectWaiting(scan, write);
      holder.end();
      await expectGranted(scan);
      await expectWaiting(write);
      scanner.end();
      await expectGranted(write);
    },
  },
  {
    name: 'a scan queues behind a waiting write only if the key is in its range',
    coarseMay: 'lock more than the range',
    async run(bench) {
      const [reader, writer, scanner, elsewhere] = bench.begins();
      reader.take('k', S);
      const write = writer.ask('k', X);
      assert(!scanner.tryRange(SCANNED), 'tryLockRange does not overtake the queue either');
      const scan = scanner.askRange(SCANNED);
      elsewhere.takeRange(range('l', 'y'));
      await expectWaiting(write, scan);
      reader.end();
      await expectGranted(write);
      await expectWaiting(scan);
      writer.end();
      await expectGranted(scan);
    },
  },
  {
    name: 'a write whose key becomes free still waits for an earlier scan',
    coarseMay: 'take the keys of a range one after the other',
    async run(bench) {
      const [holder, other, scanner, writer] = bench.begins();
      holder.take('m', X);
      other.take('c', X);
      const scan = scanner.askRange(SCANNED);
      const write = writer.ask('c', X);
      other.end();
      await expectWaiting(scan, write);
      holder.end();
      await expectGranted(scan);
      await expectWaiting(write);
    },
  },
  {
    name: 'a scan still waits for an earlier write after another key of its range becomes free',
    coarseMay: 'lock several keys as one',
    async run(bench) {
      const [reader, other, writer, scanner] = bench.begins();
      reader.take('k', S);
      other.take('c', X);
      const write = writer.ask('k', X);
      const scan = scanner.askRange(SCANNED);
      other.end();
      await expectWaiting(write, scan);
      reader.end();
      await expectGranted(write);
      await expectWaiting(scan);
    },
  },
  {
    name: 'a scan is granted when the write ahead of it is withdrawn, even if others wait behind it',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [reader, ahead, scanner, ...behind] = bench.begins();
      reader.take('k', S);
      ahead.ask('k', X);
      const scan = scanner.askRange(SCANNED);
      const writes = behind.map((writer) => writer.ask('k', X));
      await expectWaiting(scan, ...writes);
      ahead.withdraw(new Error('the caller gave up'));
      await expectGranted(scan);
      await expectWaiting(...writes);
    },
  },
  {
    name: 'a scan needs every key of its range to be free',
    coarseMay: 'lock several keys as one',
    async run(bench) {
      const [first, second, scanner] = bench.begins();
      first.take('c', X);
      second.take('m', X);
      const scan = scanner.askRange(SCANNED);
      first.end();
      await expectWaiting(scan);
      second.end();
      await expectGranted(scan);
    },
  },
];

const holderCases: readonly LockCase[] = [
  {
    name: 'overlapping scans and reads do not wait for each other',
    coarseMay: 'let readers exclude each other',
    run(bench) {
      const [first, second, reader, later] = bench.begins();
      first.takeRange(SCANNED);
      second.takeRange(range('a', 'n'));
      reader.take('c', S);
      later.takeRange(SCANNED);
    },
  },
  {
    name: 'a scan holds every key of its range, so reading a key again does not wait behind a writer',
    run(bench) {
      const [scanner, writer] = bench.begins();
      scanner.takeRange(SCANNED);
      writer.ask('k', X);
      scanner.take('k', S);
      scanner.takeRange(range('c', 'n'));
      assert(scanner.try('k', S) && scanner.tryRange(SCANNED), 'trying a lock that is already held succeeds');
    },
  },
  {
    name: 'the only scanner upgrades a key of its range synchronously, ahead of the queue',
    async run(bench) {
      const [scanner, writer] = bench.begins();
      scanner.takeRange(SCANNED);
      const write = writer.ask('k', X);
      scanner.take('k', X);
      await expectWaiting(write);
      bench.expectVictims();
    },
  },
  {
    name: 'a transaction can scan over a key it has written, and write a key it has scanned',
    run(bench) {
      const transaction = bench.begin();
      transaction.take('k', X);
      transaction.takeRange(SCANNED);
      transaction.take('m', X);
      transaction.takeRange(SCANNED);
      const other = bench.begin();
      for (const key of ['k', 'm', 'c']) assert(!other.try(key, X), `${key} is locked`);
      assert(!other.tryRange(SCANNED), 'the range is locked');
    },
  },
  {
    name: 'a scanner that writes in its range waits for another scanner',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [writer, scanner] = bench.begins();
      writer.takeRange(SCANNED);
      scanner.takeRange(SCANNED);
      assert(!writer.try('k', X), 'the other scan blocks the write');
      const write = writer.ask('k', X);
      await expectWaiting(write);
      scanner.end();
      await expectGranted(write);
      bench.expectVictims();
    },
  },
  {
    name: 'a transaction with several scans locks the union of their ranges',
    async run(bench) {
      const [scanner, writer] = bench.begins();
      scanner.takeRange(range('b', 'm'));
      const write = writer.ask('c', X);
      scanner.takeRange(range('g', 'p'));
      scanner.takeRange(range('p', 's'));
      scanner.takeRange(range('u', 'w'));
      await expectWaiting(write);
      for (const key of ['b', 'c', 'h', 'n', 'p', 'r\uffff', 'v']) {
        assert(!bench.begin().try(key, X), `${key} is locked`);
      }
      bench.expectVictims();
    },
  },
  {
    name: 'a transaction with several scans locks no key outside their ranges',
    coarseMay: 'lock more than the range',
    run(bench) {
      const scanner = bench.begin();
      scanner.takeRange(range('b', 'm'));
      scanner.takeRange(range('g', 'p'));
      scanner.takeRange(range('u', 'w'));
      for (const key of ['a', 'p', 't', 'w']) bench.begin().take(key, X);
    },
  },
];

/** Ranges: exact bounds, the order of the queue, and the operations of a holder within its own range. */
export const rangeCases: readonly LockCase[] = [...boundCases, ...queueCases, ...holderCases];
