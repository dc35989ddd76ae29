import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const consumer = mkdtempSync(join(tmpdir(), 'memstore-consumer-'));
const installed = join(consumer, 'node_modules/memstore-tx');

describe('the packed package', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const { stdout } = await npm(root, 'pack', '--json', '--silent', '--pack-destination', consumer);
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as { filename: string }[];
    cpSync(join(root, 'test/package/consumer'), consumer, { recursive: true });
    writeFileSync(join(consumer, 'package.json'), '{ "private": true }\n');
    await npm(consumer, 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${packed?.filename}`);
  }, 300_000);

  afterAll(() => {
    rmSync(consumer, { recursive: true });
  });

  it('works from an ES module, and passes its own store suite', async () => {
    expect(await node('esm.mjs')).toMatch(/^\d+ cases passed\n\d+ cases passed\n$/);
  });

  it('works from CommonJS, and passes its own store suite', async () => {
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

  it('has each class once in each format', () => {
    const classes = (file: string): number =>
      built(file).match(/\bclass (MemStore|MemStoreError)\b|\b(MemStore|MemStoreError) = class\b/g)?.length ??
      0;
    for (const [main, testing] of [
      ['index.js', 'testing.js'],
      ['index.cjs', 'testing.cjs'],
    ] as const) {
      expect([classes(main), classes(testing)]).toEqual([2, 0]);
    }
  });

  it('keeps the language level of its sources', () => {
    for (const file of ['index.js', 'index.cjs', 'testing.js', 'testing.cjs']) {
      expect(built(file)).toContain('?.');
      expect(built(file)).not.toMatch(/_optionalChain|_nullishCoalesce/);
    }
  });

  it('holds what a user needs and nothing else', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.\w+$|LICENSE/.test(path),
    );
    const expected =
      /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|dist\/[\w-]+\.(js|cjs|d\.ts|d\.cts|js\.map|cjs\.map))$/;
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

  it('brings no more than its runtime dependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const tree = readdirSync(join(consumer, 'node_modules')).filter((name) => !name.startsWith('.'));
    // `tslib` is what async-mutex needs.
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

/** The errors that the type checker finds, the declarations of the package included. */
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
