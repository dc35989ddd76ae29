import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { type EnvironmentEvent, type Event, event, KEYS, type Occurrence, type Program } from './program.ts';

const ON_A_KEY = [
  ...['get', 'put', 'getForUpdate', 'del', 'getNoWait', 'putNoWait', 'putTtl'],
  ...['scan', 'scanForUpdate', 'scanNoWait', 'scanSkipLocked'],
] as const;
const EVENTS: readonly Event[] = [
  ...ON_A_KEY.flatMap((op) => KEYS.map((key) => event(op as Event['op'], key))),
  ...(['scan', 'scanForUpdate', 'scanNoWait', 'scanSkipLocked', 'rollback'] as const).map((op) => event(op)),
];
const OCCURRENCES: readonly Occurrence[] = ['timeout', 'expire', 'evict', 'abort', 'journal', 'journalFails'];

/**
 * Returns random programs of three transactions with several events of any kind each. The same seed gives the
 * same programs.
 */
export function* randomPrograms(count: number, seed: number): Generator<Program> {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const some = <T>(items: readonly T[], least: number, most: number): T[] =>
    Array.from({ length: least + below(most - least + 1) }, () => items[below(items.length)] as T);
  const withSavepoint = (events: readonly Event[]): Event[] => {
    const from = below(events.length);
    const to = from + 1 + below(events.length - from);
    return events.toSpliced(to, 0, event('rollbackTo')).toSpliced(from, 0, event('savepoint'));
  };
  for (let made = 0; made < count; made++) {
    const transactions = Array.from({ length: 3 }, () => {
      const events = some(EVENTS, 1, 4);
      return random() < 0.2 ? withSavepoint(events) : events;
    });
    const snapshots =
      random() < 0.2 ? [some([event('get', 'a'), event('get', 'b'), event('scan')], 1, 2)] : [];
    const environment: EnvironmentEvent[] = [...new Set(some(OCCURRENCES, 0, 2))].map((occurrence) => ({
      occurrence,
      transaction: occurrence === 'abort' ? below(transactions.length) : undefined,
    }));
    // A journal failure needs a pending append, and only a delayed journal has pending appends.
    const fails = environment.some(({ occurrence }) => occurrence === 'journalFails');
    const isHeld = environment.some(({ occurrence }) => occurrence === 'journal');
    if (fails && !isHeld) environment.push({ occurrence: 'journal', transaction: undefined });
    yield { transactions, snapshots, environment };
  }
}
