import { setTimeout as pause } from 'node:timers/promises';
import { lru, MemStore, type ReadTransaction, type Transaction } from 'memstore-tx';
import { count, type Report } from './report.ts';
import { observe, rushHour, type Sessions } from './session-traffic.ts';

const MAX = 200;
const TTL_MS = 600;
const REQUESTS = 8_000;
const CUSTOMERS = ['session:customer-1', 'session:customer-2', 'session:customer-3'] as const;
/** The longest wait for expiry, before the tour reports that it does not work. */
const PATIENCE_MS = 5_000;

export async function sessionCache(report: Report): Promise<void> {
  report.chapter(
    'A session cache with eviction and expiry',
    `The store keeps the ${MAX} sessions that were used last, each for ${TTL_MS} ms after its last request. ` +
      `${count(REQUESTS)} requests come in. Meanwhile ${CUSTOMERS.length} customers are at the checkout: an open transaction has ` +
      'locked their sessions. Then the requests stop.',
  );
  // #region cache
  const cache = lru({ max: MAX, ttl: TTL_MS });
  await using store = new MemStore<Sessions>({ cache });
  // #endregion
  report.code('session-cache.ts', 'cache', 'checkout');
  const traffic = observe(store);
  const checkout = await openCheckout(store);

  await rushHour(store, REQUESTS, traffic, report);
  const snapshot = await store.begin({ readOnly: true });
  const seen = await countSessions(snapshot);
  await quietUntilOnly(CUSTOMERS.length, store);
  const atCheckout = await checkout.getMany(CUSTOMERS);
  const seenAgain = await countSessions(snapshot);
  await snapshot.rollback();
  await checkout.commit();
  await quietUntilOnly(0, store);

  const { hits, logins, mostSessions, removed } = traffic;
  const { entries, evictions, expirations } = store.stats();
  report.fact('requests that found their session', hits);
  report.fact('requests that began a session', logins);
  report.fact('maximum number of sessions', mostSessions);
  report.fact('sessions evicted to make room', removed.evicted, "counted by 'evict' events");
  report.fact('sessions that expired', removed.expired, "counted by 'expire' events");
  report.line();

  report.check(
    `there were never more than ${MAX} sessions after a commit`,
    mostSessions <= MAX,
    `${mostSessions}`,
  );
  report.check('some sessions were evicted and some expired', removed.evicted > 0 && removed.expired > 0);
  report.check(
    'stats() and the events agree',
    evictions === removed.evicted && expirations === removed.expired,
  );
  report.check(
    'the locked sessions stayed, although they were the oldest',
    atCheckout.every((it) => it?.requests === 1),
  );
  report.check(
    'a snapshot still showed the removed sessions',
    seen > CUSTOMERS.length && seenAgain === seen,
    `${seen}, then ${seenAgain}`,
  );
  report.check(
    'in the end all sessions expired, although nothing read them',
    entries === 0,
    `${entries} are left`,
  );
  const begun = logins + CUSTOMERS.length;
  report.check('every session has ended exactly once', begun === evictions + expirations, `${begun} began`);
}

async function openCheckout(store: MemStore<Sessions>): Promise<Transaction<Sessions>> {
  await store.putMany(CUSTOMERS.map((session) => [session, { requests: 1 }] as const));
  // #region checkout
  const tx = await store.begin();
  for (const session of CUSTOMERS) await tx.getForUpdate(session);
  // #endregion
  return tx;
}

async function countSessions(tx: ReadTransaction<Sessions>): Promise<number> {
  let sessions = 0;
  for await (const _ of tx.entries({ prefix: 'session:' })) sessions++;
  return sessions;
}

/** Waits, without using the store, until at most this many sessions are left. */
async function quietUntilOnly(sessions: number, store: MemStore<Sessions>): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (store.stats().entries > sessions && performance.now() < untilMs) await pause(20);
}
