import { describe, expect, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';
import { skipNote } from '../../skip-note.ts';
import { missing, PowerLoss } from './power-loss.ts';

const SEED = 1;
const STATES = 300;
/**
 * The number of states for the correct journal. A journal with a fault is tested with up to `STATES` states.
 */
const OPENED = inFullRun(STATES, 100);

const skipped = skipNote(missing);

describe.skipIf(missing !== undefined)(`a power loss${skipped}`, () => {
  it(`at any moment loses no acknowledged commit (${OPENED} states, seed ${SEED})`, async () => {
    const counts = await new PowerLoss({ seed: SEED, states: OPENED }).run();
    expect(counts.states).toBe(OPENED);
    expect(counts.acknowledged).toBeGreaterThan(0);
    expect(counts.withUnflushed).toBeGreaterThan(0);
    expect(counts.withUnheard).toBeGreaterThan(0);
  });

  it.each(['no flush', 'no flush of the meta page', 'no flush of the directory'] as const)(
    'is detected to lose commits if there is %s',
    async (weakness) => {
      const run = new PowerLoss({ seed: SEED, states: STATES, weakness }).run();
      await expect(run).rejects.toThrow(/An acknowledged commit is lost|cannot be opened|is there in part/);
    },
  );

  it.each([
    ['acknowledges commits that are only in the page cache', 'overlappingSync: true'],
    ['never flushes', 'overlappingSync: false, noSync: true'],
    ['does not flush the meta page', 'overlappingSync: false, noMetaSync: true'],
  ])('is detected to lose commits of a journal that %s', async (_what, setting) => {
    const sabotage = (program: string): string => {
      const changed = program.replace(/(?<!noSubdir: true,\s*)overlappingSync: false/, setting);
      expect(changed).not.toBe(program);
      return changed;
    };
    const run = new PowerLoss({ seed: SEED, states: STATES, sabotage }).run();
    await expect(run).rejects.toThrow(/An acknowledged commit is lost|cannot be opened|is there in part/);
  });
});
