import { COUNTERS, counterKey, numberKey, WORKERS, WorkerModel } from '../crash/load.ts';

/** Describes the fault in entries that were found after a crash. Returns undefined if they are right. */
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
    if (number > acknowledged + 1) return `A commit appeared that nobody made: ${where}.`;
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
  // Each commit adds one, together with what its worker writes.
  for (const [key, total] of counters) {
    if ((found.get(key) ?? 0) !== total) return `${key} is ${String(found.get(key))} after ${total} commits.`;
    if (total > 0) expected++;
  }
  if (counters.size !== COUNTERS) return 'The model is wrong.';
  if (found.size !== expected) return `There are ${found.size} entries, not ${expected}.`;
  return undefined;
}
