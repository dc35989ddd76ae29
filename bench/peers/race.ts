import { seededRandom } from 'memstore-tx/testing';
import { inSomeOrder } from '../in-some-order.ts';
import { collectGarbage } from './collect-garbage.ts';
import { type Contender, type Session, Skipped } from './contender.ts';
import { Model } from './model.ts';
import { KEYS, type Operation, operationsOf, type Workload } from './workloads.ts';

/** An open contender, and the model with its expected values. */
interface Runner {
  readonly contender: Contender;
  readonly session: Session;
  readonly model: Model;
}

/** The times of one contender for one workload, by round. */
export interface Result {
  readonly workload: string;
  readonly contender: string;
  /** The nanoseconds per operation, one number per round. */
  readonly rounds: readonly number[];
  /** The sum of all values at the end. It equals that of the model. */
  readonly checksum: number;
}

export interface Race {
  readonly rounds: number;
  readonly warmUpRounds: number;
  readonly say: (line: string) => void;
}

/**
 * Runs every workload on every contender. The rounds of the contenders alternate, so that noise affects all
 * of them equally.
 */
export async function race(
  contenders: readonly Contender[],
  workloads: readonly Workload[],
  options: Race,
): Promise<Result[]> {
  const runners: Runner[] = [];
  for (const contender of contenders) {
    try {
      runners.push({ contender, session: await contender.open(KEYS), model: new Model() });
    } catch (error) {
      if (!(error instanceof Skipped)) throw error;
      options.say(`${contender.name}: skipped, because ${error.message}`);
    }
  }
  try {
    const results: Result[] = [];
    for (const workload of workloads) {
      const able = runners.filter((runner) => isAble(runner, workload));
      const times = await runRounds(able, workload, options);
      for (const [runner, rounds] of times) results.push(await resultOf(runner, workload, rounds));
      options.say(`${workload.name}: done`);
    }
    return results;
  } finally {
    for (const { session } of runners) await session.close();
  }
}

function isAble({ contender, session }: Runner, { needs }: Workload): boolean {
  if (needs === undefined) return true;
  return needs === 'order' ? session.scan !== undefined : contender.abilities.includes(needs);
}

async function runRounds(
  runners: readonly Runner[],
  workload: Workload,
  { rounds, warmUpRounds }: Race,
): Promise<Map<Runner, number[]>> {
  const times = new Map(runners.map((runner): [Runner, number[]] => [runner, []]));
  // Each transaction of a contended workload takes at least a millisecond, so a short warm-up and few rounds
  // are enough.
  const isContended = workload.contention !== undefined;
  const warmUp = isContended ? 1 : warmUpRounds;
  const counted = isContended ? Math.min(rounds, 5) : rounds;
  const random = seededRandom(1);
  for (let round = 0; round < warmUp + counted; round++) {
    for (const runner of inSomeOrder(runners, random)) {
      collectGarbage();
      const ns = await runRound(runner, workload, round);
      if (round >= warmUp) times.get(runner)?.push(ns);
    }
  }
  return times;
}

async function runRound(
  { contender, session, model }: Runner,
  workload: Workload,
  round: number,
): Promise<number> {
  const { contention } = workload;
  const count = contention?.transactions ?? contender.operations;
  const operations = operationsOf(workload, round, count);
  const start = performance.now();
  const sum =
    contention === undefined
      ? await runInOrder(session, operations, contender.inFlight)
      : await runContended(session, operations, contention.workers);
  const elapsedMs = performance.now() - start;
  let expected = 0;
  for (const operation of operations) expected += model.apply(operation);
  // The numbers that are read depend on the order of operations, which is known only without concurrency.
  if (contention === undefined && contender.inFlight === 1 && sum !== expected)
    throw new Error(
      `${contender.name} must read ${expected} in ${workload.name}, as the model does, but read ${sum}.`,
    );
  return (elapsedMs * 1e6) / count;
}

async function runInOrder(
  session: Session,
  operations: readonly Operation[],
  inFlight: number,
): Promise<number> {
  let sum = 0;
  if (inFlight === 1) {
    for (const operation of operations) sum += numberOf(await run(session, operation));
    return sum;
  }
  for (let start = 0; start < operations.length; start += inFlight) {
    const batch = operations.slice(start, start + inFlight).map((operation) => run(session, operation));
    for (const result of await Promise.all(batch)) sum += numberOf(result);
  }
  return sum;
}

const oneMillisecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

async function runContended(
  session: Session,
  operations: readonly Operation[],
  workers: number,
): Promise<number> {
  let next = 0;
  let sum = 0;
  const work = async (): Promise<void> => {
    for (let operation = operations[next++]; operation !== undefined; operation = operations[next++]) {
      if (operation.kind === 'update')
        sum += await session.update(operation.keys, operation.writes, oneMillisecond);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return sum;
}

/** Returns the number that an operation read, or 0 for a put. */
function numberOf(result: unknown): number {
  return typeof result === 'number' ? result : 0;
}

/**
 * Runs one operation. It is not an async function, because that would add the same time to all contenders and
 * move all ratios towards 1.
 */
function run(session: Session, operation: Operation): Promise<unknown> {
  switch (operation.kind) {
    case 'increment':
      return session.increment(operation.key);
    case 'update':
      return session.update(operation.keys, operation.writes);
    case 'read':
      return session.read(operation.keys);
    case 'get':
      return session.get(operation.key);
    case 'put':
      return session.put(operation.key, operation.value);
    case 'scan':
      return session.scan?.(operation.from, operation.limit) ?? Promise.resolve(0);
  }
}

async function resultOf(
  { contender, session, model }: Runner,
  workload: Workload,
  rounds: number[],
): Promise<Result> {
  const checksum = await session.total();
  if (checksum !== model.total())
    throw new Error(
      `The sum in ${contender.name} after ${workload.name} must be ${model.total()}, but is ${checksum}.`,
    );
  return { workload: workload.name, contender: contender.name, rounds, checksum };
}
