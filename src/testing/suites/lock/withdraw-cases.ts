import { assert, assertEqual } from '../../assert.ts';
import { range, S, X } from './bench-transaction.ts';
import type { LockCase } from './lock-case.ts';
import { expectGranted, expectRefused, expectWaiting, settled } from './lock-request.ts';

const REASON = new Error('the caller gave up');

/** Withdrawing requests and releasing locks, in every order and within one tick. */
export const withdrawCases: readonly LockCase[] = [
  {
    name: 'withdrawing removes the request synchronously and rejects its promise with the reason',
    async run(bench) {
      const [holder, waiter] = bench.begins();
      holder.take('k', X);
      const request = waiter.ask('k', S);
      waiter.withdraw(REASON);
      assertEqual(bench.manager.report().waiting, [], 'the waiting requests right after the withdrawal');
      await expectRefused(request, REASON);
      bench.expectVictims();
    },
  },
  {
    name: 'a reason that is not an error is passed on unchanged',
    async run(bench) {
      const [holder, waiter] = bench.begins();
      holder.take('k', X);
      const request = waiter.ask('k', S);
      waiter.withdraw(undefined);
      await expectRefused(request, undefined);
    },
  },
  {
    name: 'requests behind a withdrawn request are granted synchronously',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [reader, writer, next] = bench.begins();
      reader.take('k', S);
      writer.ask('k', X);
      const read = next.ask('k', S);
      writer.withdraw(REASON);
      assertEqual(bench.manager.report().waiting, [], 'the waiting requests right after the withdrawal');
      await expectGranted(read);
    },
  },
  {
    name: 'a write behind a withdrawn scan is granted, and so is a scan behind a withdrawn write',
    coarseMay: 'keep keys of a range that it has already taken',
    async run(bench) {
      const [holder, scanner, inside] = bench.begins();
      holder.take('m', S);
      const write = inside.ask('m', X);
      const scan = scanner.askRange(range('a', 'z'));
      const behind = bench.begin().ask('b', X);
      await expectWaiting(write, scan, behind);
      scanner.withdraw(REASON);
      await expectGranted(behind);
      const rescan = scanner.askRange(range('l', 'n'));
      await expectWaiting(rescan);
      inside.withdraw(REASON);
      await expectGranted(rescan);
    },
  },
  {
    name: 'a release skips a withdrawn request and grants the next one',
    async run(bench) {
      const [holder, first, second, third] = bench.begins();
      holder.take('k', X);
      const refused = first.ask('k', X);
      const granted = second.ask('k', X);
      const last = third.ask('k', X);
      first.withdraw(REASON);
      holder.end();
      assertEqual(bench.manager.exclusiveHolder('k'), second.id, 'the holder right after the release');
      await expectRefused(refused, REASON);
      await expectGranted(granted);
      await expectWaiting(last);
    },
  },
  {
    name: 'a key whose waiters have all withdrawn is free after its release',
    run(bench) {
      const holder = bench.begin();
      holder.take('k', X);
      for (let count = 0; count < 50; count++) {
        const waiter = bench.begin();
        waiter.ask('k', X);
        waiter.withdraw(REASON);
      }
      holder.end();
      assert(bench.manager.isIdle(), 'no lock is left');
      bench.begin().take('k', X);
    },
  },
  {
    name: 'withdrawing has no effect if the session does not wait',
    async run(bench) {
      const [holder, waiter] = bench.begins();
      waiter.withdraw(REASON);
      holder.take('k', X);
      holder.withdraw(REASON);
      const request = waiter.ask('k', X);
      holder.withdraw(REASON);
      await expectWaiting(request);
      holder.end();
      await expectGranted(request);
      waiter.withdraw(REASON);
      assertEqual(bench.manager.exclusiveHolder('k'), waiter.id, 'the holder');
    },
  },
  {
    name: 'a session can request the lock again after a withdrawal, and joins the end of the queue',
    async run(bench) {
      const [holder, waiter, other] = bench.begins();
      holder.take('k', X);
      const refused = waiter.ask('k', X);
      const ahead = other.ask('k', X);
      waiter.withdraw(REASON);
      const again = waiter.ask('k', X);
      holder.end();
      await expectRefused(refused, REASON);
      await expectGranted(ahead);
      await expectWaiting(again);
      other.end();
      await expectGranted(again);
    },
  },
  {
    name: 'a withdrawn upgrade keeps the shared lock',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [upgrader, reader, writer] = bench.begins();
      upgrader.take('k', S);
      reader.take('k', S);
      const upgrade = upgrader.ask('k', X);
      upgrader.withdraw(REASON);
      await expectRefused(upgrade, REASON);
      reader.end();
      assert(!writer.try('k', X), 'the shared lock blocks a writer');
      assert(writer.try('k', S), 'the shared lock does not block a reader');
    },
  },
  {
    name: 'a withdrawal keeps the locks that the session already holds',
    async run(bench) {
      const [holder, waiter] = bench.begins();
      holder.take('a', X);
      const asked = waiter.ask('b', X);
      await settled();
      if (asked.outcome === 'granted') waiter.ask('a', X);
      waiter.withdraw(REASON);
      if (asked.outcome === 'granted') assert(bench.manager.isLocked('b'), 'the lock is still held');
    },
  },
  {
    name: 'a withdrawal in the tick of the grant leaves no lock behind',
    async run(bench) {
      for (const keepsOther of [true, false]) {
        const [holder, waiter, other] = bench.begins();
        holder.take('k', X);
        waiter.ask('k', X);
        const next = keepsOther ? other.ask('k', X) : undefined;
        holder.end();
        waiter.abort();
        if (next !== undefined) await expectGranted(next);
        else assert(bench.manager.isIdle(), 'no lock is left');
        other.take('k', X);
        await settled();
        other.end();
        assert(bench.manager.isIdle(), 'no lock is left');
      }
    },
  },
  {
    name: 'a scan that is withdrawn in the tick of the grant leaves no lock behind',
    async run(bench) {
      const [holder, scanner, writer] = bench.begins();
      holder.take('k', X);
      scanner.askRange(range('a', 'z'));
      const write = writer.ask('k', X);
      holder.end();
      scanner.abort();
      await expectGranted(write);
    },
  },
  {
    name: 'releasing twice does not affect the next holder',
    async run(bench) {
      const [first, second, third] = bench.begins();
      first.take('k', X);
      const granted = second.ask('k', X);
      first.end();
      first.end();
      await expectGranted(granted);
      first.end();
      assertEqual(bench.manager.exclusiveHolder('k'), second.id, 'the holder');
      assert(!third.try('k', S), 'the key is still held');
    },
  },
  {
    name: 'a session without locks releases nothing',
    run(bench) {
      const [holder, other] = bench.begins();
      holder.take('k', X);
      other.end();
      assert(bench.manager.isLocked('k'), 'the key is still held');
    },
  },
];
