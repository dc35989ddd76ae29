import { parse, type Sources, symbolsIn } from '../symbols/source-symbols.ts';

const MUTATED = /^src\/(locks|memory)\//;
/** The public store and its options, which other tests cover. */
const LEFT_OUT = /^src\/memory\/(mem-store.*|options)\.ts$/;

/** Returns the paths of the sources that are mutated: the lock managers and the engine. */
export function mutatedFiles(sources: Sources): string[] {
  const hasCode = (path: string): boolean =>
    symbolsIn(parse(path, sources.get(path) ?? '')).some(
      ({ implementation }) => implementation !== undefined,
    );
  return [...sources.keys()].filter((path) => MUTATED.test(path) && !LEFT_OUT.test(path) && hasCode(path));
}
