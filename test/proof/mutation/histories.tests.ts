import { describe, expect, it } from 'vitest';
import { HistoryRun } from '../histories/history-run.ts';
import { judgeRun } from '../histories/judge-run.ts';
import { COMBINATIONS, setupOf } from '../histories/run-setup.ts';

/** Short runs of `test/proof/histories`, quick enough to run against every mutant. */
describe('random histories', () => {
  it.each(Array.from({ length: COMBINATIONS }, (_, seed) => seed))(
    'of seed %i are strictly serializable',
    async (seed) => {
      const run = new HistoryRun(setupOf(seed));
      await run.run(40);
      expect((await judgeRun(run)).problems).toEqual([]);
    },
  );
});
