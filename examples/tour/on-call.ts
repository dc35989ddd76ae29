import { setImmediate as otherWork } from 'node:timers/promises';
import { MemStore } from 'memstore-tx';
import type { Report } from './report.ts';

type Hospital = { [onCall: `night:${number}:${string}`]: true };

const NIGHTS = 150;
const DOCTORS = ['ada', 'ben', 'cleo', 'dora'];

export async function onCall(report: Report): Promise<void> {
  report.chapter(
    'A rule over many entries: one doctor must stay on call',
    `On each of ${NIGHTS} nights ${DOCTORS.length} doctors are on call, and all of them try to leave concurrently. Each ` +
      'counts the doctors on call, and leaves if there is another one. Under snapshot isolation all of them ' +
      'would leave, because no two write the same row (write skew). Here the scan locks the range that it ' +
      'reads, so the count stays true until the commit.',
  );
  report.code('on-call.ts', 'leave');
  await using store = new MemStore<Hospital>();
  for (let night = 0; night < NIGHTS; night++) {
    await store.putMany(DOCTORS.map((doctor) => [`night:${night}:${doctor}`, true] as const));
  }

  let attempts = 0;
  const tryToLeave = (night: `night:${number}:`, doctor: string): Promise<boolean> =>
    store.transaction(async (tx) => {
      attempts++;
      // #region leave
      let onCallNow = 0;
      for await (const _ of tx.entries({ prefix: night })) onCallNow++;
      await otherWork();
      if (onCallNow < 2) return false;
      return tx.del(`${night}${doctor}`);
      // #endregion
    });
  const nights = Array.from({ length: NIGHTS }, (_, night) => `night:${night}:` as const);
  const left = await Promise.all(
    nights.flatMap((night) => DOCTORS.map((doctor) => tryToLeave(night, doctor))),
  );

  const stayed = new Map<string, number>();
  for await (const [key] of store.entries({ prefix: 'night:' })) {
    const night = key.slice(0, key.lastIndexOf(':'));
    stayed.set(night, (stayed.get(night) ?? 0) + 1);
  }
  report.fact('doctors who tried to leave', left.length, 'concurrently');
  report.fact('doctors who left', left.filter(Boolean).length);
  report.fact('deadlocks resolved', store.stats().deadlocks);
  report.fact('attempts in total', attempts);
  report.line();

  const numbers = [...stayed.values()];
  report.check(
    'every night has exactly one doctor',
    numbers.length === NIGHTS && numbers.every((n) => n === 1),
  );
  report.check(
    'every doctor who could leave did',
    left.filter(Boolean).length === NIGHTS * (DOCTORS.length - 1),
  );
}
