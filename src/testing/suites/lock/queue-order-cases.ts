import { assert } from '../../assert.ts';
import { range, S, X } from './bench-transaction.ts';
import type { LockCase } from './lock-case.ts';
import { expectGranted, expectWaiting } from './lock-request.ts';

const MAY_ABORT = 'abort a transaction where reordering the queue is enough';

/** Cycles that include the order of a queue. The strategy must reorder the queue and abort no transaction. */
export const queueOrderCases: readonly LockCase[] = [
  {
    name: 'a write does not queue behind a scan that waits for the same transaction',
    coarseMay: MAY_ABORT,
    async run(bench) {
      const [writer, scanner] = bench.begins();
      writer.take('m', X);
      const scan = scanner.askRange(range('a', 'z'));
      writer.take('b', X);
      assert(writer.try('c', X), 'tryLock does not queue behind the scan either');
      await expectWaiting(scan);
      bench.expectVictims();
    },
  },
  {
    name: 'a read does not queue behind a writer that waits indirectly for the same transaction',
    coarseMay: MAY_ABORT,
    async run(bench) {
      const [reader, writer, other] = bench.begins();
      reader.take('m', X);
      other.take('k', S);
      const blocked = other.ask('m', S);
      const write = writer.ask('k', X);
      reader.take('k', S);
      await expectWaiting(blocked, write);
      bench.expectVictims();
    },
  },
  {
    name: 'a scan does not queue behind a write that waits for the same transaction',
    coarseMay: MAY_ABORT,
    async run(bench) {
      const [scanner, writer] = bench.begins();
      scanner.take('k', S);
      const write = writer.ask('k', X);
      scanner.takeRange(range('a', 'z'));
      await expectWaiting(write);
      bench.expectVictims();
    },
  },
  {
    name: 'a queued reader moves ahead of a writer when the holder starts to wait for the reader',
    coarseMay: MAY_ABORT,
    async run(bench) {
      const [first, writer, third] = bench.begins();
      first.take('k', S);
      const write = writer.ask('k', X);
      third.take('y', X);
      const read = third.ask('k', S);
      await expectWaiting(write, read);
      const last = first.ask('y', X);
      bench.expectVictims();
      await expectGranted(read);
      await expectWaiting(write, last);
      third.end();
      await expectGranted(last);
      await expectWaiting(write);
      first.end();
      await expectGranted(write);
    },
  },
  {
    name: 'a queued scan moves ahead of a writer when the holder starts to wait for the scanner',
    coarseMay: MAY_ABORT,
    async run(bench) {
      const [first, writer, third] = bench.begins();
      first.take('k', S);
      const write = writer.ask('k', X);
      third.take('y', X);
      const scan = third.askRange(range('a', 'z'));
      await expectWaiting(write, scan);
      const last = first.ask('y', S);
      bench.expectVictims();
      await expectGranted(scan);
      third.end();
      await expectGranted(last);
      first.end();
      await expectGranted(write);
    },
  },
  {
    name: 'a queued write moves ahead of a scan when the queue order would cause a deadlock',
    coarseMay: MAY_ABORT,
    async run(bench) {
      const [first, scanner, third] = bench.begins();
      first.take('m', X);
      const scan = scanner.askRange(range('a', 'z'));
      third.take('zz', X);
      const write = third.ask('b', X);
      await expectWaiting(scan, write);
      const last = first.ask('zz', X);
      bench.expectVictims();
      await expectGranted(write);
      await expectWaiting(scan, last);
      third.end();
      await expectGranted(last);
      first.end();
      await expectGranted(scan);
    },
  },
  {
    name: 'requests that move ahead keep their relative order',
    coarseMay: MAY_ABORT,
    async run(bench) {
      const [first, scanner, earlier, later] = bench.begins();
      first.take('m', X);
      const scan = scanner.askRange(range('a', 'z'));
      later.take('zz', S);
      earlier.take('zz', S);
      const writes = [earlier.ask('b', X), later.ask('b', X)] as const;
      const last = first.ask('zz', X);
      bench.expectVictims();
      await expectGranted(writes[0]);
      await expectWaiting(writes[1], scan, last);
      earlier.end();
      await expectGranted(writes[1]);
      later.end();
      await expectGranted(last);
      first.end();
      await expectGranted(scan);
    },
  },
];
