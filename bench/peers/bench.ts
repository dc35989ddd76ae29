/**
 * Compares MemStore with similar packages in one run. See docs/performance.md.
 *
 *     npm run bench -- [--workloads rmw,put] [--contenders MemStore,Redis] [--rounds 21] [--output folder]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { chart } from './chart.ts';
import { contenders } from './contenders.ts';
import { markdown } from './markdown.ts';
import { race } from './race.ts';
import { summarize } from './summarize.ts';
import { workloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    workloads: { type: 'string' },
    contenders: { type: 'string' },
    rounds: { type: 'string', default: '21' },
    output: { type: 'string' },
  },
});

/** Returns the items whose names begin with one of the words, or all items without words. */
function chosen<T extends { readonly name: string }>(all: readonly T[], words: string | undefined): T[] {
  if (words === undefined) return [...all];
  return all.filter(({ name }) => words.split(',').some((word) => name.startsWith(word)));
}

const base = contenders[0]?.name ?? '';
const racing = chosen(contenders, values.contenders);
const running = chosen(workloads, values.workloads);
if (!racing.some(({ name }) => name === base)) racing.unshift(...chosen(contenders, base).slice(0, 1));

const results = await race(racing, running, {
  rounds: Number(values.rounds),
  warmUpRounds: 5,
  say: (line) => console.error(line),
});
const lines = summarize(results, base);
const tables = markdown(lines, running);
console.log(tables);

const { output } = values;
if (output !== undefined) {
  mkdirSync(output, { recursive: true });
  const machine = `Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`;
  writeFileSync(`${output}/bench.json`, `${JSON.stringify({ machine, lines, results }, undefined, 1)}\n`);
  writeFileSync(`${output}/bench.md`, `${machine}\n\n${tables}`);
  for (const workload of running) {
    const its = lines.filter((line) => line.workload === workload.name);
    if (its.length > 0)
      writeFileSync(`${output}/${workload.name}.svg`, await chart(workload.description, its));
  }
}
