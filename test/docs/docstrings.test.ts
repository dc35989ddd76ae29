import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodeFolder } from './code-folder.ts';
import { exampleModules } from './docstring-examples.ts';
import { projectOptions, publicDeclarations } from './public-declarations.ts';
import { typeErrors } from './type-errors.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entries = new Map([
  ['memstore-tx', join(root, 'src/index.ts')],
  ['memstore-tx/open', join(root, 'src/open/index.ts')],
  ['memstore-tx/etcd', join(root, 'src/etcd/index.ts')],
  ['memstore-tx/lmdb', join(root, 'src/journal/lmdb/index.ts')],
  ['memstore-tx/testing', join(root, 'src/testing/index.ts')],
]);
const program = ts.createProgram([...entries.values()], projectOptions(root));
const modules = exampleModules(program, entries);
const folder = new CodeFolder(join(root, 'test/docs/.examples'));

describe('the examples in docstrings', () => {
  const workingDirectory = process.cwd();
  const temporary = mkdtempSync(join(tmpdir(), 'memstore-examples-'));
  let errors: ReadonlyMap<string, readonly string[]>;

  beforeAll(() => {
    folder.write(modules);
    errors = typeErrors(
      modules.map((module) => folder.fileOf(module)),
      join(root, 'tsconfig.json'),
    );
    // An example that writes to `./data` writes into this directory.
    process.chdir(temporary);
  });

  afterAll(() => {
    process.chdir(workingDirectory);
    rmSync(temporary, { recursive: true, force: true });
  });

  for (const module of modules) {
    it(`${module.name} type-checks${module.runs ? ' and runs' : ''}`, async () => {
      expect(errors.get(folder.fileOf(module))).toEqual([]);
      if (module.runs) await folder.run(module);
    });
  }
});

describe('the docstrings of the public API', () => {
  const declarations = publicDeclarations(program, [...entries.values()]);
  const listOf = (found: typeof declarations): string[] =>
    found.map(({ place, name }) => `${name} at ${place}`);

  it('exist for every declaration', () => {
    expect(declarations.length).toBeGreaterThan(0);
    expect(listOf(declarations.filter(({ isDescribed }) => !isDescribed))).toEqual([]);
  });

  it('have an example for every function, method and constructor', () => {
    const missing = declarations.filter(({ needsExample, hasExample }) => needsExample && !hasExample);
    expect(listOf(missing)).toEqual([]);
  });

  it('list the error codes of every function, method and constructor', () => {
    const missing = declarations.filter(({ needsErrors, hasErrors }) => needsErrors && !hasErrors);
    expect(listOf(missing)).toEqual([]);
  });

  it('state the default of every option', () => {
    const missing = declarations.filter(({ needsDefault, hasDefault }) => needsDefault && !hasDefault);
    expect(listOf(missing)).toEqual([]);
  });
});

describe('an editor', () => {
  const path = join(root, 'test/docs/hover.ts');
  const text = [
    "import { MemStore, type Store, type Transaction } from 'memstore-tx';",
    'type Numbers = Record<string, number>;',
    'export async function hover(any: Store<Numbers>, tx: Transaction<Numbers>) {',
    '  const store = new MemStore();',
    "  await store.put('a', 1);",
    "  await any.put('a', 1);",
    "  await tx.has('a');",
    '}',
  ].join('\n');
  const service = ts.createLanguageService({
    getScriptFileNames: () => [path],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const content = name === path ? text : ts.sys.readFile(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => projectOptions(root),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === path || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
  });

  for (const [hovered, start] of [
    ['store.put', /^Puts a value under a key/],
    ['any.put', /^Puts a value under a key/],
    ['tx.has', /^Returns whether the key has a value/],
    ['new MemStore', /^(Opens|Creates) a store in the memory of this process/],
  ] as const) {
    it(`shows the docstring of ${hovered}, with its errors and an example`, () => {
      const info = service.getQuickInfoAtPosition(path, text.indexOf(hovered) + hovered.length - 1);
      expect(ts.displayPartsToString(info?.documentation)).toMatch(start);
      expect(info?.tags?.map(({ name }) => name)).toEqual(expect.arrayContaining(['throws', 'example']));
    });
  }
});
