import { expect, it } from 'vitest';
import { programsOf } from './base-programs.ts';
import { explore } from './explore.ts';
import { formatProgram, type Program, parseProgram } from './program.ts';
import { sampled } from './sampled.ts';
import { parseSetup, type Setup } from './setup.ts';
import { inOtherOrders, isFirstOfItsKind } from './symmetry.ts';

const SEED = 20_261_125;
const ALIKE = parseSetup('keyLocks/hashShards/unbounded/ab');

/**
 * Returns the results of the transactions in every schedule, independent of transaction numbers and key
 * names.
 */
async function namelessOutcomes(setup: Setup, program: Program): Promise<string[]> {
  const outcomes = new Set<string>();
  const note = (outcome: string): void => {
    // Each value contains the transaction and the step that put it.
    const ends = outcome.split('; ');
    const nameOf = new Map<string, string>();
    for (const [index, events] of program.transactions.entries())
      nameOf.set(String(index), formatProgram({ ...program, transactions: [events] }));
    const nameless = outcome.replace(/"(\d):/g, (_, index) => `"${nameOf.get(index)}:`);
    outcomes.add(
      nameless
        .split('; ')
        .slice(0, ends.length)
        .map((end, index) => `${nameOf.get(String(index))} ${end}`)
        .sort()
        .join('; '),
    );
  };
  const { hasVictims } = await explore(setup, program, { reduce: false, onOutcome: note });
  return hasVictims ? ['has victims'] : [...outcomes].sort();
}

it('the order of the transactions makes no difference if no schedule has a victim', async () => {
  const programs = [
    ...programsOf({ transactions: 2, operations: 2 }),
    ...sampled(programsOf({ transactions: 3, operations: 2 }), 1 / 400, SEED),
  ];
  let compared = 0;
  for (const program of programs) {
    const own = await namelessOutcomes(ALIKE, program);
    for (const other of inOtherOrders(program)) {
      expect(await namelessOutcomes(ALIKE, other), formatProgram(other)).toEqual(own);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(200);
});

it('exactly one program of each kind is the first of its kind', () => {
  const programs = [...programsOf({ transactions: 2, operations: 2 })];
  const firsts = programs.filter((program) => isFirstOfItsKind(ALIKE, program));
  const kinds = new Map<string, number>();
  for (const first of firsts) kinds.set(formatProgram(first), 0);
  for (const program of programs) {
    const alike = [program, ...inOtherOrders(program)].flatMap((other) => [other, withKeysExchanged(other)]);
    const found = new Set(alike.map(formatProgram).filter((text) => kinds.has(text)));
    expect([...found], formatProgram(program)).toHaveLength(1);
  }
  expect(firsts).toHaveLength(72);
});

it('keys cannot be exchanged if only one is present or a scan depends on their order', () => {
  const onlyOnB = parseProgram('get.b put.b | get.b');
  expect(isFirstOfItsKind(ALIKE, onlyOnB)).toBe(false);
  expect(isFirstOfItsKind(parseSetup('keyLocks/hashShards/unbounded/a'), parseProgram('get.b | get.b'))).toBe(
    true,
  );
  expect(isFirstOfItsKind(ALIKE, parseProgram('get.b scan | get.b scan'))).toBe(true);
});

function withKeysExchanged(program: Program): Program {
  const names = formatProgram(program).replace(/\.([ab])/g, (_, key) => (key === 'a' ? '.b' : '.a'));
  return parseProgram(names);
}
