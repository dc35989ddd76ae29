import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { readSources } from '../symbols/source-symbols.ts';
import { applyEdit, type Edit } from './edit.ts';
import { type SeededBug, seed } from './seeded-bug.ts';
import { SEEDED_BUGS } from './seeded-bugs.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const SOURCES = readSources(ROOT);

/** Sources that the bugs change, by path. */
type Changed = Map<string, string>;

/**
 * Sets of changed sources. A type check of many sources takes as long as a check of one source. So each set
 * has as many bugs as possible, each of which changes a different symbol.
 */
function combined(): Changed[] {
  const sets: { readonly changed: Changed; readonly symbols: Set<string> }[] = [];
  for (const bug of SEEDED_BUGS) {
    const symbols = bug.edits.map(({ symbol }) => symbol);
    let set = sets.find((other) => symbols.every((symbol) => !other.symbols.has(symbol)));
    if (set === undefined) {
      set = { changed: new Map(), symbols: new Set() };
      sets.push(set);
    }
    for (const symbol of symbols) set.symbols.add(symbol);
    for (const [path, text] of seed(bug, new Map([...SOURCES, ...set.changed]))) set.changed.set(path, text);
  }
  return sets.map(({ changed }) => changed);
}

/** Returns the type errors in changed sources. The other sources are parsed once for all sets. */
function typeErrors(all: readonly Changed[]): string[] {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost(options);
  const parse = host.getSourceFile.bind(host);
  const unchanged = new Map<string, ts.SourceFile | undefined>();
  let current: Changed = new Map();
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

const STACK = `
export class Stack {
  #items = [];
  // The top, if there is one.
  pop(count, log) {
    if (log && this.#items.length > 0) log.note(this.#items);
    else this.fail('empty', count);
    return this.#items.pop();
  }
}`;

function edited(at: Edit['at'], becomes: string, source = STACK): string | undefined {
  const [path, text] = applyEdit(new Map([['src/stack.ts', source]]), { symbol: 'Stack.pop', at, becomes });
  expect(path).toBe('src/stack.ts');
  return text.split('\n').find((line, index) => line !== source.split('\n')[index]);
}

describe('an edit', () => {
  it('replaces the statement with a name, and keeps the if around it', () => {
    expect(edited('statement with fail', '')?.trim()).toBe('else {  }');
    expect(edited('statement with pop', 'return $object[0];')?.trim()).toBe('return this.#items[0];');
  });

  it('replaces one operand of a condition', () => {
    expect(edited('condition with length', 'true')).toContain('if (log && true)');
  });

  it('replaces a call, with the arguments and the parameters at hand', () => {
    expect(edited('expression with fail', '$object.warn($arguments, $2)')).toContain(
      "this.warn('empty', count, log);",
    );
  });

  it('adds code to a body', () => {
    expect(edited('body', 'if ($1 === 0) return; $0')).toContain('pop(count, log) {if (count === 0) return;');
  });

  it('does not depend on the names of local variables, on white space or on comments', () => {
    const other = STACK.replaceAll('log', 'journal')
      .replaceAll(' && ', '\n && ')
      .replace(/\/\/.*/, '');
    expect(edited('condition with length', '!($0)', other)).toContain('!(this.#items.length > 0)');
  });
});

describe('the seeded bugs', () => {
  it.each(SEEDED_BUGS.map((bug) => [bug.name, bug] as const))('%s: can be put into the sources', (_, bug) => {
    const changed = seed(bug, SOURCES);
    expect(changed.size).toBeGreaterThan(0);
    for (const [path, text] of changed) expect(text).not.toBe(SOURCES.get(path));
  });

  it('are no type errors, which need no test', () => {
    expect(typeErrors(combined())).toEqual([]);
  });

  it('have names of their own', () => {
    const names = SEEDED_BUGS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    ['Stack.push', 'body', 'src/ has no function Stack.push'],
    ['Stack.pop', 'statement with push', 'Stack.pop has no "statement with push"'],
    ['Stack.pop', 'condition with fail', 'Stack.pop has no "condition with fail"'],
    ['Stack.pop', 'expression with items', 'Stack.pop has no "expression with items"'],
    ['Stack.pop', 'statement with #items', 'Stack.pop has 3 of "statement with #items"'],
  ] as const)('say what to do if the sources have no %s, %s', (symbol, at, message) => {
    const bug: SeededBug = { name: 'x', what: '', knownFrom: '', edits: [{ symbol, at, becomes: '' }] };
    const attempt = (): unknown => seed(bug, new Map([['src/stack.ts', STACK]]));
    expect(attempt).toThrow(`The seeded bug 'x' cannot be put into the sources: ${message}.\nFind the code`);
    expect(attempt).toThrow("npm run seeded-bugs -- --only 'x'");
  });
});
