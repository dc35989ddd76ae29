import { COUNTERS, counterKey, numberKey, WORKERS, WorkerModel } from '../crash/load.ts';

/**
 * Returns a description of the first fault in the entries found after a crash, or `undefined` if there is
 * none.
 */
export function checkEntries(
  found: ReadonlyMap<string, unknown>,
  heard: ReadonlyMap<number, number>,
  seed: number,
  durability: 'commit' | 'relaxed',
): string | undefined {
  const counters = new Map<string, number>();
  let expected = 0;
  for (let worker = 0; worker < WORKERS; worker++) {
    const acknowledged = heard.get(worker) ?? 0;
    const number = (found.get(numberKey(worker)) as number | undefined) ?? 0;
    const where = `worker ${worker} is at commit ${number}, and ${acknowledged} was acknowledged`;
    if (number > acknowledged + 1) return `The disk has a commit that no worker made: ${where}.`;
    if (number < acknowledged && durability === 'commit') return `An acknowledged commit is lost: ${where}.`;
    const model = new WorkerModel(seed, worker);
    model.advanceTo(number);
    for (const [key, value] of model.entries)
      if (found.get(key) !== value)
        return `A commit is there in part: ${where}, without ${key.slice(0, 20)}.`;
    expected += model.entries.size;
    const counter = counterKey(worker);
    counters.set(counter, (counters.get(counter) ?? 0) + number);
  }
  // Each commit also adds one to the counter of its worker.
  for (const [key, total] of counters) {
    if ((found.get(key) ?? 0) !== total) return `${key} must be ${total}, got ${String(found.get(key))}.`;
    if (total > 0) expected++;
  }
  if (counters.size !== COUNTERS) return `The model must have ${COUNTERS} counters, got ${counters.size}.`;
  if (found.size !== expected) return `The disk must have ${expected} entries, got ${found.size}.`;
  return undefined;
}
