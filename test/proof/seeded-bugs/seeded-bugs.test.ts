import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { applied, type SeededBug } from './seeded-bug.ts';
import { SEEDED_BUGS } from './seeded-bugs.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** The sources that the bugs change, by path. */
type Sources = Map<string, string>;

function sourceOf(sources: Sources, file: string): string {
  return sources.get(file) ?? readFileSync(ROOT + file, 'utf8');
}

function seed({ name, edits }: SeededBug, sources: Sources): void {
  for (const edit of edits) sources.set(edit.file, applied(sourceOf(sources, edit.file), edit, name));
}

/**
 * Sets of sources with as many bugs in each as go together, since checking types takes longer for one than
 * for all.
 */
function combined(): Sources[] {
  const all: Sources[] = [];
  for (const bug of SEEDED_BUGS) {
    const touched = bug.edits.map(({ file }) => file);
    const others = all.find((sources) => {
      const trial = new Map(touched.map((file) => [file, sourceOf(sources, file)]));
      try {
        seed(bug, trial);
        return true;
      } catch {
        return false;
      }
    });
    if (others === undefined) all.push(new Map());
    seed(bug, others ?? (all.at(-1) as Sources));
  }
  return all;
}

/** The errors of types in what was changed. Whatever else the sources import is parsed once for all. */
function typeErrors(all: readonly Sources[]): string[] {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost(options);
  const parse = host.getSourceFile.bind(host);
  const unchanged = new Map<string, ts.SourceFile | undefined>();
  let current: Sources = new Map();
  host.getSourceFile = (path, target) => {
    const text = current.get(path.replace(ROOT, ''));
    if (text !== undefined) return ts.createSourceFile(path, text, target);
    if (!unchanged.has(path)) unchanged.set(path, parse(path, target));
    return unchanged.get(path);
  };
  const errors: string[] = [];
  for (const sources of all) {
    current = sources;
    const program = ts.createProgram([`${ROOT}src/core.ts`], options, host);
    for (const file of sources.keys()) {
      const source = program.getSourceFile(ROOT + file);
      for (const { messageText } of [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ])
        errors.push(`${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    }
  }
  return errors;
}

describe('the seeded bugs', () => {
  it.each(SEEDED_BUGS.map((bug) => [bug.name, bug] as const))('%s: can be put into the sources', (_, bug) => {
    const sources: Sources = new Map();
    seed(bug, sources);
    for (const [file, text] of sources) expect(text).not.toBe(readFileSync(ROOT + file, 'utf8'));
  });

  it('are no errors of types, which nobody would have to test for', () => {
    expect(typeErrors(combined())).toEqual([]);
  });

  it('have names of their own', () => {
    const names = SEEDED_BUGS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('say how to mend them when the source has changed', () => {
    const edit = { file: 'src/a.ts', find: 'one (two)', replace: 'three' };
    expect(applied('one\n  (two);', edit, 'x')).toBe('three;');
    expect(() => applied('one (2);', edit, 'x')).toThrow(/finds it 0 times[\s\S]*--only 'x'/);
    expect(() => applied('one (two) one (two)', edit, 'x')).toThrow(/finds it 2 times/);
  });
});
