import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onlyInFullRun } from '../run-size.ts';
import { skipNote } from '../skip-note.ts';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const consumer = join(tmpdir(), `memstore-consumer-${process.pid}`);
const installed = join(consumer, 'node_modules/memstore-tx');

const skipped = skipNote(onlyInFullRun);

describe.skipIf(onlyInFullRun)(`the packed package${skipped}`, () => {
  beforeAll(async () => {
    mkdirSync(consumer);
    // `npm pack` builds the package first, unless npm is configured to ignore scripts.
    const { stdout } = await npm(root, 'pack', '--json', '--silent', '--pack-destination', consumer);
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string }[];
    cpSync(join(root, 'test/package/consumer'), consumer, { recursive: true });
    writeFileSync(join(consumer, 'package.json'), '{ "private": true }\n');
    await npm(consumer, 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${packed?.filename}`);
  });

  afterAll(() => {
    rmSync(consumer, { recursive: true });
  });

  it('works as an ES module, and passes its own store suite', async () => {
    expect(await node('esm.mjs')).toMatch(/^\d+ cases passed\n\d+ cases passed\n$/);
  });

  it('works as CommonJS, and passes its own store suite', async () => {
    expect(await node('commonjs.cjs')).toMatch(/^\d+ cases passed\n$/);
  });

  it('type-checks under node16 resolution in both module formats, and refuses misuse', async () => {
    for (const file of ['typed.mts', 'typed.cts']) cpSync(join(consumer, 'typed.ts'), join(consumer, file));
    writeFileSync(
      join(consumer, 'misuse.mts'),
      "import { MemStore } from 'memstore-tx';\nnew MemStore().put(1, 2);\n",
    );
    const errors = await typeCheck('node16', 'typed.mts', 'typed.cts', 'misuse.mts');
    expect(errors).toEqual([expect.stringContaining('misuse.mts(2,20): error TS2345')]);
  });

  it('type-checks under bundler resolution', async () => {
    expect(await typeCheck('bundler', 'typed.ts')).toEqual([]);
  });

  it('has each class once in each format, and no class in the testing entry', () => {
    const classes = (file: string): number =>
      built(file).match(/\bclass (MemStore|MemStoreError)\b|\b(MemStore|MemStoreError) = class\b/g)?.length ??
      0;
    const modules = readdirSync(join(installed, 'dist')).filter((file) => /^(?!cli).*\.js$/.test(file));
    expect(modules.reduce((total, file) => total + classes(file), 0)).toBe(2);
    for (const main of ['index.cjs', 'core.cjs']) expect(classes(main)).toBe(2);
    for (const other of [
      'testing.js',
      'testing.cjs',
      'lmdb.js',
      'lmdb.cjs',
      'etcd.js',
      'etcd.cjs',
      'open.js',
      'open.cjs',
    ])
      expect(classes(other)).toBe(0);
  });

  it('keeps the language level of its sources', () => {
    for (const file of ['index.cjs', 'testing.js', 'testing.cjs']) {
      expect(built(file)).toContain('?.');
      expect(built(file)).not.toMatch(/_optionalChain|_nullishCoalesce/);
    }
  });

  it('loads the server and the client only when they are called', async () => {
    const { stdout } = await execute(process.execPath, ['lazy.mjs'], { cwd: consumer });
    expect(stdout).toBe('before: none; after: startServer, connect\n');
  });

  it('includes the command, which uses the classes of the main entry and needs no other files', async () => {
    const npx = (...args: string[]): Promise<{ stdout: string }> =>
      execute('npx', ['--no-install', 'memstore', ...args], { cwd: consumer });
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect((await npx('--version')).stdout).toBe(`${version}\n`);
    expect(await node('command.mjs')).toBe('value1\n');
    const parts = readdirSync(join(installed, 'dist')).filter((file) => /^cli.*\.js$/.test(file));
    expect(parts.filter((file) => /\bclass (MemStore|MemStoreError|Link)\b/.test(built(file)))).toEqual([]);
    expect(built('licenses-of-command.txt')).toMatch(/^commander \d/m);
  });

  it('contains no server, no client and no Node.js modules under the browser condition', async () => {
    const result = await build({
      stdin: {
        contents: "import * as all from 'memstore-tx'; globalThis.names = Object.keys(all);",
        resolveDir: consumer,
      },
      bundle: true,
      format: 'iife',
      platform: 'browser',
      write: false,
    });
    const [bundle] = result.outputFiles;
    const scope: { names?: string[] } = {};
    new Function('globalThis', bundle?.text ?? '')(scope);
    expect(scope.names).toEqual(expect.arrayContaining(['MemStore', 'keyLocks']));
    expect(scope.names?.filter((name) => ['startServer', 'connect'].includes(name))).toEqual([]);
  });

  it('contains the files that a user needs and no others', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.\w+$|LICENSE/.test(path),
    );
    const expected =
      /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|dist\/[\w-]+\.(js|cjs|d\.ts|d\.cts|js\.map|cjs\.map)|dist\/licenses-of-[a-z]+\.txt)$/;
    expect(files.filter((path) => !expected.test(path))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'dist/index.d.cts',
        'dist/index.cjs.map',
      ]),
    );
  });

  it('installs no packages but its runtime dependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const tree = readdirSync(join(consumer, 'node_modules')).filter((name) => !name.startsWith('.'));
    // `async-mutex` depends on `tslib`.
    expect(tree.sort()).toEqual(['memstore-tx', 'tslib', ...Object.keys(dependencies)].sort());
  });
});

function built(file: string): string {
  return readFileSync(join(installed, 'dist', file), 'utf8');
}

function npm(cwd: string, ...args: string[]): Promise<{ stdout: string }> {
  return execute('npm', args, { cwd, maxBuffer: 1 << 26 });
}

async function node(file: string): Promise<string> {
  const { stdout } = await execute(process.execPath, [file], { cwd: consumer });
  return stdout;
}

/** Returns the errors of the type checker, including those in the declarations of the package. */
async function typeCheck(resolution: 'node16' | 'bundler', ...files: string[]): Promise<string[]> {
  const module = resolution === 'bundler' ? 'esnext' : 'node16';
  const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022'];
  const lib = ['--lib', 'es2022,dom,esnext.disposable'];
  const args = [...flags, ...lib, '--module', module, '--moduleResolution', resolution, ...files];
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const output = await execute(process.execPath, [compiler, ...args], { cwd: consumer }).catch(
    (error: { stdout: string }) => error,
  );
  return output.stdout.split('\n').filter((line) => line.includes('error TS'));
}
