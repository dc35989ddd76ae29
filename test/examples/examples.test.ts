import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EtcdCluster, missingEtcd } from '../etcd/etcd-cluster.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The example that needs a cluster, which the test starts. */
const onCluster = 'examples/box-office.ts';
// `npm run tour` is a demonstration of some seconds, and is run as such.
const examples = existsSync(join(root, 'examples'))
  ? mainFiles().filter((path) => !path.endsWith('tour.ts') && path !== onCluster)
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
      expect(await run(path)).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/./) });
    });
  }

  const skipped = missingEtcd === undefined ? '' : ` (skipped: ${missingEtcd})`;
  it.skipIf(missingEtcd)(`${onCluster} sells every seat once${skipped}`, { timeout: 120_000 }, async () => {
    const cluster = await EtcdCluster.start(1);
    onTestFinished(() => cluster.stop());
    expect(await run(onCluster, { ETCD_HOSTS: cluster.hosts.join(',') })).toEqual({
      code: 0,
      stderr: '',
      stdout: '23 of 24 seats are sold, one is held\n',
    });
  });
});

function run(
  path: string,
  more: NodeJS.ProcessEnv = {},
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  // Colours and warnings of whoever runs the tests are not the example's.
  const env = { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '1', ...more };
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
