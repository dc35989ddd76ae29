import { EXPLAINED } from './explained.ts';
import { explain, type FileReport, isSurvivor, type Mutant, survivorsIn } from './survivors.ts';

/** Prints the results by file and by reason. Returns whether every survivor is explained. */
export function printReport(files: ReadonlyMap<string, FileReport>): boolean {
  const mutants = [...files.values()].flatMap((file) => file.mutants);
  const { all, killed } = tally(mutants);
  const endless = mutants.filter(({ status }) => status === 'Timeout').length;
  console.log(`${all} mutants, ${killed} killed (${percent(killed, all)}), ${all - killed} survive.`);
  console.log(
    `${endless} of the killed ran without end. Left out are changes of texts, and of code that runs when a ` +
      'module is loaded.\n',
  );
  console.log('| file | mutants | killed | |\n| --- | --- | --- | --- |');
  for (const [file, { mutants: own }] of files) {
    const { all: ownAll, killed: ownKilled } = tally(own);
    const name = file.replace('src/', '');
    if (ownAll > 0) console.log(`| ${name} | ${ownAll} | ${ownKilled} | ${percent(ownKilled, ownAll)} |`);
  }
  return printSurvivors(files);
}

function printSurvivors(files: ReadonlyMap<string, FileReport>): boolean {
  const survivors = [...files].flatMap(([file, report]) => survivorsIn(file, report));
  const { byReason, unexplained } = explain(survivors, EXPLAINED);
  for (const [reason, symbols] of byReason) {
    const count = [...symbols.values()].reduce((sum, number) => sum + number, 0);
    if (count === 0) continue;
    console.log(`\n**${reason}** (${count})\n`);
    console.log(Array.from(symbols, ([name, number]) => `${name} (${number})`).join(', '));
  }
  for (const { explained, survivors: group } of unexplained) {
    const [first] = group;
    const place = `${first?.symbol}, ${first?.kind}`;
    console.log(`\n**Not explained**: ${place}: ${group.length} survive, ${explained} are explained.\n`);
    for (const { file, line, change } of group) console.log(`- ${file}:${line}: ${change}`);
  }
  if (unexplained.length > 0)
    console.log(
      '\nA survivor is a gap in the tests, or a change that makes no difference. Add the test that fails ' +
        'with it. If no test can fail, raise the count in test/proof/mutation/explained.ts, under the reason.',
    );
  return unexplained.length === 0;
}

function tally(mutants: readonly Mutant[]): { readonly all: number; readonly killed: number } {
  const killed = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout').length;
  return { all: killed + mutants.filter(isSurvivor).length, killed };
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`;
}
