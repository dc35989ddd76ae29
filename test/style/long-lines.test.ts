import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { longLines } from './long-lines.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const FOLDERS = ['src', 'test', 'bench', 'examples', 'docs', '.ci'];
const FILES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'tsup.config.ts', 'vitest.config.ts'];
const TEXT = /\.([cm]?[jt]s|md|py|sh)$|^\.ci\/\w+$/;

it('lines of code, comments and prose end at 110 columns', () => {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  const paths = [...FILES, ...inFolders].filter(
    (path) => TEXT.test(path) && !/node_modules|\.blocks|\.examples|mutation\/bundle/.test(path),
  );
  const found = paths.flatMap((path) =>
    longLines(path, readFileSync(join(ROOT, path), 'utf8')).map((line) => `${path}:${line}`),
  );
  expect(found).toEqual([]);
});

it('finds comments, paragraphs and code that could break', () => {
  const words = 'word '.repeat(25);
  expect(longLines('a.ts', `// ${words}\n/** ${words} */\nf('x'); // ${words}\n`)).toEqual([1, 2, 3]);
  expect(longLines('a.md', `${words}\n- ${words}\n`)).toEqual([1, 2]);
  expect(longLines('a.ts', `call(${words.replaceAll(' ', ', ')});`)).toEqual([1]);
  expect(longLines('a.ts', `// ${'x'.repeat(108)}`)).toEqual([1]);
  expect(longLines('a.ts', `// ${'x'.repeat(107)}`)).toEqual([]);
});

it('allows longer literals, table rows and URLs', () => {
  const words = 'word '.repeat(25);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is the source of a file
  const template = 'const x = `${one} WORDS ${two} WORDS`;'.replaceAll('WORDS', words);
  expect(longLines('a.ts', `it('${words}', () => {});\n/${words}/.test(x);\n${template}`)).toEqual([]);
  expect(longLines('a.md', `| ${words} |\n- <https://example.com/${'x'.repeat(110)}>\n`)).toEqual([]);
});
