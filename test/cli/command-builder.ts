import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the built command, and the URL that answers once it is built. */
    builtCommand: { readonly folder: string; readonly url: string };
  }
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsup = join(root, 'node_modules/tsup/dist/cli-default.js');

/**
 * Builds the command as it is published, once for all test files of a run. The first request for the command
 * starts the build, so a run without tests of the command builds nothing.
 */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'memstore-command-'));
  let built: Promise<unknown> | undefined;
  const server = createServer((_, response) => {
    built ??= build(folder);
    built.then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  project.provide('builtCommand', { folder, url: `http://127.0.0.1:${port}` });
  project.onTestsRerun(() => {
    built = undefined;
  });
  return () => {
    server.close();
    rmSync(folder, { recursive: true });
  };
}

/**
 * Builds the command in a package with the published name, so that it can import the library by that name.
 */
async function build(folder: string): Promise<void> {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const args = [tsup, '--no-dts', '--silent', '--out-dir', join(folder, 'dist')];
  await promisify(execFile)(process.execPath, args, { cwd: root });
}
