import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsup = join(root, 'node_modules/tsup/dist/cli-default.js');
const folder = mkdtempSync(join(tmpdir(), 'memstore-command-'));

/** Where the built command lies. */
export const command: string = join(folder, 'dist/cli.js');

/** An empty folder for files of the tests, which goes with the built command. */
export const scratch: string = join(folder, 'scratch');

/**
 * Builds the command as it is published, into a folder of this test file, so that nobody else's build is in
 * the way. It lies in a package of its own name, through which it finds the library.
 */
export function useBuiltCommand(): void {
  beforeAll(async () => {
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const args = [tsup, '--no-dts', '--silent', '--out-dir', join(folder, 'dist')];
    await promisify(execFile)(process.execPath, args, { cwd: root });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));
}

/** The environment of the tests, without what would change how the command behaves. */
export function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { MEMSTORE_URL, MEMSTORE_PASSWORD, NO_COLOR, FORCE_COLOR, NODE_OPTIONS, ...others } = process.env;
  const all = { ...others, MEMSTORE_HISTORY: '', ...more };
  // On a terminal, what is undefined would become a text.
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
