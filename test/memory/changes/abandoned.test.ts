import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';

it('feeds that are opened and abandoned leave nothing behind, and keep no process alive', async () => {
  const script = fileURLToPath(new URL('abandon-feeds.ts', import.meta.url));
  const count = String(inFullRun(1_000_000, 60_000));
  const node = ['--expose-gc', '--import', 'tsx', script, count];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  const { feeds, bytesPerFeed } = JSON.parse(stdout) as { feeds: number; bytesPerFeed: number };
  expect(feeds).toBe(0);
  expect(bytesPerFeed).toBeLessThan(10);
}, 600_000);
