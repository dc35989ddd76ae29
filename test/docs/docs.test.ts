import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { CodeFolder } from './code-folder.ts';
import { codeModules } from './code-modules.ts';
import { typeErrors } from './type-errors.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = join(root, 'test/docs/.blocks');
const folder = new CodeFolder(path);

const modules = documents().flatMap((path) => codeModules(path, readFileSync(join(root, path), 'utf8')));

function documents(): string[] {
  const guide = existsSync(join(root, 'docs'))
    ? readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    : [];
  return ['README.md', ...guide.map((path) => `docs/${path}`).sort()].filter(
    (path) => path.endsWith('.md') && existsSync(join(root, path)),
  );
}

/** Files that the type check must judge correctly. Without them, a check that finds nothing would pass. */
const samples: readonly { readonly file: string; readonly code: string; readonly fails: boolean }[] = [
  {
    file: 'right.mts',
    code: "import { MemStoreError } from 'memstore-tx';\nawait MemStoreError;\n",
    fails: false,
  },
  { file: 'wrong-type.mts', code: "const a: number = 'x';\nexport { a };\n", fails: true },
  { file: 'wrong-type.mjs', code: '(1).toUpperCase();\n', fails: true },
  { file: 'not-exported.mts', code: "import { gone } from 'memstore-tx';\ngone();\n", fails: true },
];

let errors: ReadonlyMap<string, readonly string[]>;

beforeAll(() => {
  folder.write(modules, new Map(samples.map(({ file, code }) => [file, code])));
  const paths = [
    ...modules.map((module) => folder.fileOf(module)),
    ...samples.map(({ file }) => join(path, file)),
  ];
  errors = typeErrors(paths, join(root, 'tsconfig.json'));
});

describe('the code in the Markdown documents', () => {
  it('is found', () => {
    expect(modules.length).toBeGreaterThan(0);
  });

  for (const module of modules) {
    it(`${module.name} type-checks${module.runs ? ' and runs' : ''}`, async () => {
      expect(errors.get(folder.fileOf(module))).toEqual([]);
      if (!module.runs) return;
      await folder.run(module);
    });
  }
});

describe('codeModules', () => {
  it('returns TypeScript and JavaScript blocks, and no others', () => {
    const markdown = [
      '# Title',
      '```ts',
      'a();',
      '```',
      '```sh',
      'npm i',
      '```',
      '~~~js',
      'b();',
      '~~~',
    ].join('\n');
    expect(codeModules('x.md', markdown)).toEqual([
      { name: 'x.md:2', language: 'ts', code: 'a();', runs: true },
      { name: 'x.md:8', language: 'js', code: 'b();', runs: true },
    ]);
  });

  it('joins a continued block to the one before it', () => {
    const markdown = '```ts\na();\n```\n```json\n{}\n```\n```ts continued\nb();\n```';
    expect(codeModules('x.md', markdown)).toEqual([
      { name: 'x.md:1', language: 'ts', code: 'a();\nb();', runs: true },
    ]);
  });

  it('does not run a block that is marked no-run, nor the module that such a block continues', () => {
    expect(codeModules('x.md', '```ts no-run\na();\n```').map(({ runs }) => runs)).toEqual([false]);
    const continued = '```ts\na();\n```\n```ts continued no-run\nb();\n```';
    expect(codeModules('x.md', continued).map(({ runs }) => runs)).toEqual([false]);
  });

  it('removes the indentation of a list, and keeps shorter fences inside a block', () => {
    const [module] = codeModules('x.md', '- item\n  ````ts\n  if (a) {\n    b(`\n  ```\n  `);\n  }\n  ````');
    expect(module?.code).toBe('if (a) {\n  b(`\n```\n`);\n}');
  });

  it('refuses an unknown mark, a `continued` without a block, and an unclosed block', () => {
    expect(() => codeModules('x.md', '```ts contineud\n```')).toThrow('x.md:1: "contineud"');
    expect(() => codeModules('x.md', '```js\n```\n```ts continued\n```')).toThrow(
      'x.md:3: `continued` needs a ts block before this one.',
    );
    expect(() => codeModules('x.md', '```ts\n')).toThrow('line 1: the code block is not closed');
  });
});

describe('the type check of code blocks', () => {
  for (const { file, fails } of samples) {
    it(`${fails ? 'sees what is wrong in' : 'accepts'} ${file}`, () => {
      expect(errors.get(join(path, file))).toHaveLength(fails ? 1 : 0);
    });
  }
});
