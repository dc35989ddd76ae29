import { setImmediate as otherWork } from 'node:timers/promises';
import type { MemStore, RemovalReason } from 'memstore-tx';
import { type Dice, dice } from './dice.ts';
import type { Report } from './report.ts';

export type Sessions = { [session: `session:${string}`]: { requests: number } };

const CONNECTIONS = 20;
const REGULARS = 150;
const VISITORS = 5_000;

/** Numbers that are counted outside the store. */
export interface Traffic {
  hits: number;
  logins: number;
  /** The largest number of sessions after any commit. */
  mostSessions: number;
  readonly removed: Record<RemovalReason, number>;
}

export function observe(store: MemStore<Sessions>): Traffic {
  const traffic: Traffic = { hits: 0, logins: 0, mostSessions: 0, removed: { evicted: 0, expired: 0 } };
  store.on('commit', () => {
    traffic.mostSessions = Math.max(traffic.mostSessions, store.stats().entries);
  });
  store.on('evict', ({ reason }) => traffic.removed[reason]++);
  store.on('expire', ({ reason }) => traffic.removed[reason]++);
  return traffic;
}

/** Sends requests over many connections at once. Most of them are from regular visitors. */
export async function rushHour(
  store: MemStore<Sessions>,
  requests: number,
  traffic: Traffic,
  report: Report,
): Promise<void> {
  const random = dice(3);
  const progress = report.progress('requests', requests);
  let started = 0;
  const connection = async (): Promise<void> => {
    while (started++ < requests) {
      await request(store, visitor(random), traffic);
      progress.increment();
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  } finally {
    progress.stop();
  }
}

function visitor(random: Dice): string {
  return `visitor-${random(10) < 7 ? random(REGULARS) : random(VISITORS)}`;
}

/** Finds the session of a visitor, or begins one. Every put renews its TTL. */
async function request(store: MemStore<Sessions>, name: string, traffic: Traffic): Promise<void> {
  const hadSession = await store.transaction(async (tx) => {
    const session = await tx.getForUpdate(`session:${name}`);
    await otherWork();
    await tx.put(`session:${name}`, { requests: (session?.requests ?? 0) + 1 });
    return session !== undefined;
  });
  if (hadSession) traffic.hits++;
  else traffic.logins++;
}
