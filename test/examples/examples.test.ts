import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EtcdCluster, missingEtcd } from '../etcd/etcd-cluster.ts';
import { skipNote } from '../skip-note.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The example that needs a cluster. The test starts the cluster. */
const onCluster = 'examples/box-office.ts';
// The tour takes several seconds, so `npm run tour` runs it separately.
const examples = existsSync(join(root, 'examples'))
  ? mainFiles().filter((path) => !path.endsWith('tour.ts') && path !== onCluster)
  : [];

/**
 * Returns the path of an example: `examples/<name>.ts`, or `examples/<name>/<name>.ts` if it has several
 * files.
 */
function mainFiles(): string[] {
  return readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.name.endsWith('.ts'))
    .map(({ name }) => (name.endsWith('.ts') ? `examples/${name}` : `examples/${name}/${name}.ts`));
}

describe('the examples', () => {
  it('exist, at least five of them', () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
  });

  for (const path of examples) {
    it(`${path} runs, prints something and exits`, async () => {
      expect(await run(path)).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/./) });
    });
  }

  const skipped = skipNote(missingEtcd);
  it.skipIf(missingEtcd)(`${onCluster} sells every seat once${skipped}`, async () => {
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
  // The test runner's settings for colors and warnings must not change the output of an example.
  const env = { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '1', ...more };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', path],
      { cwd: root, env, timeout: 300_000 },
      (error, stdout, stderr) => {
        resolve({ code: error ? (error.code ?? String(error.signal)) : 0, stdout, stderr });
      },
    );
  });
}
