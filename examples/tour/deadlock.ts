import { type CycleStep, type LockReport, MemStore, MemStoreError, type Transaction } from 'memstore-tx';
import type { Report } from './report.ts';

const KEY_WIDTH = 'tool:bucket'.length;

type Shed = { [tool: `tool:${string}`]: { usedBy: string } };

interface Painter {
  readonly name: string;
  readonly tx: Transaction<Shed>;
}

export async function deadlock(report: Report): Promise<void> {
  report.chapter(
    'One deadlock, step by step',
    'Anna, Ben and Cleo each hold one tool: the brush, the bucket and the ladder. Each will request the tool ' +
      'that the next one holds. Ben and Cleo request theirs first, and wait:',
  );
  await using store = new MemStore<Shed>();
  const anna = await takeTool(store, 'Anna', 'tool:brush');
  const ben = await takeTool(store, 'Ben', 'tool:bucket');
  const cleo = await takeTool(store, 'Cleo', 'tool:ladder');
  const names = new Map([anna, ben, cleo].map(({ name, tx }) => [tx.id, name]));
  const nameOf = (id: number): string => names.get(id) ?? `transaction ${id}`;

  // #region two wait
  const benWaits = ben.tx.put('tool:ladder', { usedBy: 'Ben' });
  const cleoWaits = cleo.tx.put('tool:brush', { usedBy: 'Cleo' });
  const locks = store.locks();
  // #endregion
  const cleoFails = failureOf(cleoWaits);
  report.code('deadlock.ts', 'two wait');
  showLocks(locks, nameOf, report);

  report.text('Now Anna requests the bucket. That closes the cycle, and the store detects it immediately:');
  report.line();
  // #region close the cycle
  const annaWaits = anna.tx.put('tool:bucket', { usedBy: 'Anna' });
  const error = await cleoFails;
  const cycle = error?.cycle ?? [];
  // #endregion
  report.code('deadlock.ts', 'close the cycle');
  report.line('error.cycle:');
  for (const line of drawing(cycle, nameOf)) report.line(`  ${line}`);
  report.line();
  report.text(
    `The youngest, ${nameOf(cleo.tx.id)}, is rolled back: ${error?.code}, retryable: ${error?.retryable}. ` +
      'Her ladder becomes free, so Ben gets it, and then Anna gets the bucket.',
  );
  report.line();
  await benWaits;
  await ben.tx.commit();
  await annaWaits;
  await anna.tx.commit();

  const waits = locks.waiting.map((it) => `${nameOf(it.transactionId)}-${it.waitsFor.map(nameOf)}`);
  const namesHolders = waits.sort().join() === 'Ben-Cleo,Cleo-Anna';
  report.check('while two waited, locks() named the blocking holders', namesHolders, waits.join());
  report.check('the error is a retryable DEADLOCK', error?.code === 'DEADLOCK' && error.retryable);
  report.check(
    'the cycle has the three waits in order',
    follows(cycle, [anna, ben, cleo]),
    JSON.stringify(cycle),
  );
  report.check('no write of the victim is left, and every write of the others is', await isAsExpected(store));
}

async function takeTool(store: MemStore<Shed>, name: string, tool: `tool:${string}`): Promise<Painter> {
  const tx = await store.begin();
  await tx.put(tool, { usedBy: name });
  return { name, tx };
}

function showLocks({ held, waiting }: LockReport, nameOf: (id: number) => string, report: Report): void {
  report.line('store.locks():');
  for (const { transactionId, key, mode } of held) {
    report.line(`  ${nameOf(transactionId).padEnd(4)} holds      ${key?.padEnd(KEY_WIDTH)}  (${mode})`);
  }
  for (const { transactionId, key, mode, waitsFor } of waiting) {
    const because = `because of ${waitsFor.map(nameOf).join(', ')}`;
    report.line(
      `  ${nameOf(transactionId).padEnd(4)} waits for  ${key?.padEnd(KEY_WIDTH)}  (${mode})  ${because}`,
    );
  }
  report.line();
}

async function failureOf(work: Promise<unknown>): Promise<MemStoreError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof MemStoreError) return error;
    throw error;
  }
}

/** Draws a cycle: each step waits for the holder in the next step, the last one for the first. */
function drawing(cycle: readonly CycleStep[], nameOf: (id: number) => string): string[] {
  return cycle.map((step, index) => {
    const next = cycle[(index + 1) % cycle.length] ?? step;
    const wanted = step.key ?? `${step.range.from} to ${step.range.to}`;
    return `${'  '.repeat(index)}${nameOf(step.transactionId)} wants ${wanted} (${step.mode}), which ${nameOf(next.transactionId)} holds`;
  });
}

/** Returns whether the cycle has the painters in this order, wherever it starts. */
function follows(cycle: readonly CycleStep[], painters: readonly Painter[]): boolean {
  const ids = cycle.map((step) => step.transactionId);
  const start = ids.indexOf(painters[0]?.tx.id ?? 0);
  const inOrder = [...ids.slice(start), ...ids.slice(0, start)];
  return inOrder.join() === painters.map(({ tx }) => tx.id).join();
}

async function isAsExpected(store: MemStore<Shed>): Promise<boolean> {
  const tools = await store.getMany(['tool:brush', 'tool:bucket', 'tool:ladder']);
  return tools.map((tool) => tool?.usedBy).join() === 'Anna,Anna,Ben';
}
