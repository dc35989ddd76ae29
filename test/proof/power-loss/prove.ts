/**
 * Rebuilds the files of a journal in states that a power loss may leave, and opens each state:
 *
 *     npm run prove:power-loss -- --states 20000 --seed 1
 */
import { parseArgs } from 'node:util';
import { missing, PowerLoss } from './power-loss.ts';

const { values } = parseArgs({
  options: { states: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
if (missing === undefined) {
  const began = performance.now();
  const seed = Number(values.seed);
  const counts = await new PowerLoss({
    seed,
    states: Number(values.states),
    onRun: ({ runs, states }) => {
      if (runs % 10 === 0) console.log(`${runs} runs, ${states} states`);
    },
  }).run();
  console.log(`${Math.round((performance.now() - began) / 1000)} s, seed ${seed}`);
  console.log(counts);
  console.log('In each state, every acknowledged commit was complete and no commit was there only in part.');
} else {
  console.log(`Skipped: ${missing}.`);
}
