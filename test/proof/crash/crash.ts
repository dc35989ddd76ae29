/**
 * Kills a writer with SIGKILL repeatedly, checks its directory, and prints the counts:
 *
 *     npm run crash -- --rounds 300 --seed 1
 */
import { parseArgs } from 'node:util';
import { CrashRounds } from './crash-rounds.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
});
const rounds = new CrashRounds(Number(values.seed));
const began = performance.now();
const counts = await rounds.run(Number(values.rounds), ({ crashes }) => {
  if (crashes % 20 === 0) console.log(`${crashes} crashes`);
});
console.log(`${Math.round((performance.now() - began) / 1000)} s, seed ${values.seed}`);
console.log(counts);
console.log('After each crash, every acknowledged commit was complete and no commit was there only in part.');
