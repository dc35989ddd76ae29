import { assert, assertEqual } from '../../assert.ts';
import { range, S, X } from './bench-transaction.ts';
import type { LockCase } from './lock-case.ts';
import { expectGranted } from './lock-request.ts';

/** The reports of a manager about held and waiting locks. */
export const reportCases: readonly LockCase[] = [
  {
    name: 'a new manager is idle',
    run(bench) {
      assert(bench.manager.isIdle(), 'nothing is held');
      assertEqual(bench.manager.report(), { held: [], waiting: [] }, 'the report');
      assert(!bench.manager.isLocked('k'), 'no key is locked');
      assertEqual(bench.manager.exclusiveHolder('k'), undefined, 'the holder of a key');
    },
  },
  {
    name: 'the report lists the holders, and the waiters with the transactions they wait for',
    async run(bench) {
      const [holder, waiter] = bench.begins();
      const held = { transactionId: holder.id, key: 'k', mode: X };
      const asked = { transactionId: waiter.id, key: 'k', mode: S };
      holder.take('k', X);
      const request = waiter.ask('k', S);
      const waiting = [{ ...asked, waitsFor: [holder.id] }];
      assertEqual(bench.manager.report(), { held: [held], waiting }, 'the report while one request waits');
      assert(!bench.manager.isIdle(), 'a lock is held');
      holder.end();
      assertEqual(
        bench.manager.report(),
        { held: [asked], waiting: [] },
        'the report right after the release',
      );
      await expectGranted(request);
      assertEqual(bench.manager.report(), { held: [asked], waiting: [] }, 'the report after the grant');
    },
  },
  {
    name: 'the report distinguishes ranges, shared locks and upgraded locks',
    run(bench) {
      const transaction = bench.begin();
      const transactionId = transaction.id;
      transaction.takeRange(range('m', 'n'));
      transaction.take('a', S);
      transaction.take('b', S);
      transaction.take('b', X);
      const held = [...bench.manager.report().held].sort((a, b) =>
        (a.key ?? '~') < (b.key ?? '~') ? -1 : 1,
      );
      assertEqual(
        held,
        [
          { transactionId, key: 'a', mode: S },
          { transactionId, key: 'b', mode: X },
          { transactionId, range: range('m', 'n'), mode: S },
        ],
        'the held locks',
      );
    },
  },
  {
    name: 'the report lists a waiting scan and the transaction it waits for',
    run(bench) {
      const [writer, scanner] = bench.begins();
      writer.take('k', X);
      scanner.askRange(range('a', 'z'));
      const asked = { transactionId: scanner.id, range: range('a', 'z'), mode: S };
      assertEqual(
        bench.manager.report().waiting,
        [{ ...asked, waitsFor: [writer.id] }],
        'the waiting requests',
      );
    },
  },
  {
    name: 'the report lists a waiter as waiting for the conflicting waiter ahead of it',
    coarseMay: 'let readers exclude each other',
    run(bench) {
      const [reader, writer, newcomer] = bench.begins();
      reader.take('k', S);
      writer.ask('k', X);
      newcomer.ask('k', S);
      const { waiting } = bench.manager.report();
      const ofNewcomer = waiting.find(({ transactionId }) => transactionId === newcomer.id);
      assert(ofNewcomer?.waitsFor.includes(writer.id), 'the newcomer waits for the writer');
    },
  },
  {
    name: 'isLocked returns true for a key with a lock and for a key inside a locked range',
    run(bench) {
      const [reader, scanner] = bench.begins();
      reader.take('k', S);
      assert(bench.manager.isLocked('k'), 'a read key is locked');
      reader.end();
      assert(!bench.manager.isLocked('k'), 'a released key is free');
      scanner.takeRange(range('b', 'd'));
      for (const key of ['b', 'c', 'c\uffff']) assert(bench.manager.isLocked(key), `${key} is locked`);
      scanner.end();
      assert(!bench.manager.isLocked('c'), 'a released range is free');
    },
  },
  {
    name: 'isLocked returns false for a key that no transaction has locked',
    coarseMay: 'lock several keys as one',
    run(bench) {
      const [writer, scanner] = bench.begins();
      writer.take('k', X);
      scanner.takeRange(range('b', 'd'));
      for (const key of ['a', 'b'.slice(1), 'd', 'kk', 'j']) {
        assert(!bench.manager.isLocked(key), `${JSON.stringify(key)} is not locked`);
      }
    },
  },
  {
    name: 'exclusiveHolder returns the holder until the key is released',
    run(bench) {
      const [writer, upgrader] = bench.begins();
      writer.take('k', X);
      assertEqual(bench.manager.exclusiveHolder('k'), writer.id, 'the holder');
      writer.end();
      assertEqual(bench.manager.exclusiveHolder('k'), undefined, 'the holder after the release');
      upgrader.take('k', S);
      upgrader.take('k', X);
      assertEqual(bench.manager.exclusiveHolder('k'), upgrader.id, 'the holder after an upgrade');
    },
  },
  {
    name: 'exclusiveHolder ignores readers, scanners and waiters',
    coarseMay: 'take an exclusive lock for a read',
    run(bench) {
      const [reader, scanner, writer] = bench.begins();
      reader.take('k', S);
      scanner.takeRange(range('b', 'd'));
      writer.ask('k', X);
      for (const key of ['k', 'c']) assertEqual(bench.manager.exclusiveHolder(key), undefined, 'the holder');
    },
  },
];
