import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
// `npm run tour` is a demonstration of some seconds, and is run as such.
const examples = existsSync(join(root, 'examples'))
  ? mainFiles().filter((path) => !path.endsWith('tour.ts'))
  : [];

/** `examples/<name>.ts` or, for an example of several files, `examples/<name>/<name>.ts`. */
function mainFiles(): string[] {
  return readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
    .map(({ name }) => (name.endsWith('.ts') ? `examples/${name}` : `examples/${name}/${name}.ts`));
}

describe('the examples', () => {
  it('are at least five', () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
  });

  for (const path of examples) {
    it(`${path} runs, says something and ends by itself`, { timeout: 30_000 }, async () => {
      const { code, stdout, stderr } = await run(path);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toBe('');
    });
  }
});

function run(path: string): Promise<{ code: number | string; stdout: string; stderr: string }> {
  // Colours and warnings of whoever runs the tests are not the example's.
  const env = { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '1' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', path],
      { cwd: root, env, timeout: 25_000 },
      (error, stdout, stderr) => {
        resolve({ code: error ? (error.code ?? String(error.signal)) : 0, stdout, stderr });
      },
    );
  });
}
