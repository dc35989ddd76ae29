import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';

const { folder, url } = inject('builtCommand');

/** The path of the built command. */
export const command: string = join(folder, 'dist/cli.js');

/** An empty folder for the files of one test file. */
export const scratch: string = mkdtempSync(join(tmpdir(), 'memstore-command-test-'));

/** Waits until the command is built. It is built once in a run. */
export function useBuiltCommand(): void {
  beforeAll(async () => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(await response.text());
  });
  afterAll(() => rmSync(scratch, { recursive: true }));
}

/** Returns the environment of the tests, without the variables that change how the command behaves. */
export function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { MEMSTORE_URL, MEMSTORE_PASSWORD, NO_COLOR, FORCE_COLOR, NODE_OPTIONS, ...others } = process.env;
  const all = { ...others, MEMSTORE_HISTORY: '', ...more };
  // On a terminal, an undefined variable would become the text `undefined`.
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
