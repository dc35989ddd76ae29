import ts from 'typescript';
import type { CodeModule } from './code-modules.ts';
import { exportsOf, placeOf } from './public-declarations.ts';

/** The schema of the store that examples may use. */
const SCHEMA = `
type Shop = {
  [account: \`account:\${string}\`]: number;
  [job: \`job:\${string}\`]: { task: string };
  [session: \`session:\${string}\`]: { user: string };
  [visits: \`visits:\${string}\`]: number;
  [bytes: \`bytes:\${string}\`]: bigint;
};`;
const ROWS = `
await store.putMany([['account:1', 100], ['account:2', 50]]);
await store.put('job:1', { task: 'send the bill' });`;

/** The path of each package entry, by the name under which users import it. */
export type PackageEntries = ReadonlyMap<string, string>;

/**
 * Creates a module for each `@example` in the sources of a program. An example may use the exports of the
 * package without importing them. It may use `store`, `tx` and `server` if it does not declare them itself.
 */
export function exampleModules(program: ts.Program, entries: PackageEntries): CodeModule[] {
  const specifiers = specifiersOf(program, entries);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => /\/src\/(?!.*node_modules)/.test(fileName))
    .flatMap((source) => exampleTags(source))
    .map((tag) => {
      const { code, runs } = readExample(ts.getTextOfJSDocComment(tag.comment) ?? '');
      const name = placeOf(tag, tag.getStart());
      return { name, language: 'ts', code: `${importsFor(code, specifiers)}${withPrelude(tag, code)}`, runs };
    });
}

function exampleTags(source: ts.SourceFile): ts.JSDocTag[] {
  const tags = new Map<number, ts.JSDocTag>();
  const visit = (node: ts.Node): void => {
    for (const comment of ts.getJSDocCommentsAndTags(node)) {
      if (!ts.isJSDoc(comment)) continue;
      for (const tag of comment.tags ?? []) if (tag.tagName.text === 'example') tags.set(tag.pos, tag);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...tags.values()];
}

/** Reads the code of an example. An example that needs a cluster or a test runner is marked `no-run`. */
function readExample(text: string): { readonly code: string; readonly runs: boolean } {
  const [, mark, code] = /^```ts( no-run)?\n(.*)\n```$/s.exec(text.trim()) ?? [];
  return code === undefined ? { code: text.trim(), runs: true } : { code, runs: mark === undefined };
}

interface Export {
  readonly specifier: string;
  readonly isType: boolean;
}

function specifiersOf(program: ts.Program, entries: PackageEntries): ReadonlyMap<string, Export> {
  const found = new Map<string, Export>();
  for (const [specifier, path] of entries)
    for (const { name, flags } of exportsOf(program, path))
      if (!found.has(name)) found.set(name, { specifier, isType: (flags & ts.SymbolFlags.Value) === 0 });
  return found;
}

function importsFor(code: string, specifiers: ReadonlyMap<string, Export>): string {
  const names = new Set([...code.matchAll(/(?<![.\w'])[A-Za-z]\w*/g)].map(([name]) => name));
  for (const name of ['MemStore', 'startServer', 'connect']) names.add(name);
  return [...names]
    .map((name) => {
      const found = specifiers.get(name);
      return found && `import { ${found.isType ? 'type ' : ''}${name} } from '${found.specifier}';\n`;
    })
    .join('');
}

/** Declares the variables that the example uses, and closes them afterwards. */
function withPrelude(tag: ts.JSDocTag, code: string): string {
  const file = tag.getSourceFile().fileName;
  const uses = (name: string): boolean =>
    new RegExp(`(?<![.\\w])${name}\\b`).test(code) && !new RegExp(`\\b(const|using) ${name}\\b`).test(code);
  const isRemote = file.includes('/src/remote/');
  const before = [SCHEMA];
  const after: string[] = [];
  if (isRemote || uses('server')) {
    before.push('const server = await startServer(new MemStore<Shop>(), { port: 0 });');
    after.unshift('await server.close();');
  }
  if (uses('store') || uses('tx')) {
    before.push(
      isRemote
        ? 'const store = await connect<Shop>({ port: server.port });'
        : 'const store = new MemStore<Shop>();',
      ROWS,
    );
    after.unshift('await store.close();');
  }
  if (uses('tx'))
    before.push(`const tx = await store.begin(${isSnapshot(tag) ? '{ readOnly: true }' : ''});`);
  const imports = code.match(/^import .*$/gm) ?? [];
  const body = code.replace(/^import .*$/gm, '');
  return [...imports, ...before, '{', body, '}', ...after, 'export {};'].join('\n');
}

function isSnapshot(tag: ts.JSDocTag): boolean {
  const owner = ts.findAncestor(tag, ts.isInterfaceDeclaration);
  return owner?.name.text === 'ReadTransaction';
}
