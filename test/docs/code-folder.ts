import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { CodeModule } from './code-modules.ts';

/** A folder inside the project, so that code blocks can import the installed packages. */
export class CodeFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Empties the folder and writes the modules and the other files. */
  write(modules: readonly CodeModule[], others: ReadonlyMap<string, string> = new Map()): void {
    rmSync(this.#path, { recursive: true, force: true });
    mkdirSync(this.#path, { recursive: true });
    for (const module of modules) writeFileSync(this.fileOf(module), `${module.code}\n`);
    for (const [name, code] of others) writeFileSync(join(this.#path, name), code);
  }

  fileOf({ name, language }: CodeModule): string {
    return join(this.#path, `${name.replace(/[^\w]+/g, '-')}.${language === 'ts' ? 'mts' : 'mjs'}`);
  }

  /** Runs a module, and discards its output. */
  async run(module: CodeModule): Promise<void> {
    const silenced = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error'), vi.spyOn(console, 'table')];
    for (const spy of silenced) spy.mockImplementation(() => undefined);
    try {
      await import(this.fileOf(module));
    } finally {
      for (const spy of silenced) spy.mockRestore();
    }
  }
}
