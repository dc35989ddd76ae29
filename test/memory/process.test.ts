import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('idle-process.ts', import.meta.url));
const WAITING = fileURLToPath(new URL('waiting-process.ts', import.meta.url));
const TSX = createRequire(import.meta.url).resolve('tsx');

// The store's own timers are longer than this timeout. A timer that keeps the process alive fails the test.
const TIMEOUT_MS = 300_000;

it.each(['leave', 'close'])('an idle store does not keep the process alive: %s it open', async (how) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', TSX, PROGRAM, how], {
    timeout: TIMEOUT_MS,
  });
  expect(stdout).toBe(how === 'close' ? 'closing' : 'leaving');
});

it.each(['lock', 'place'])('a wait without a limit keeps the process alive: for a %s', async (what) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', TSX, WAITING, what], {
    timeout: TIMEOUT_MS,
  });
  expect(stdout).toBe('granted');
});

it('the deepest storable values can be read in a thread with a stack of 1 MiB', async () => {
  const program = fileURLToPath(new URL('small-stack.ts', import.meta.url));
  // V8 reserves 192 KiB of the stack of a thread.
  const args = ['--stack-size=832', '--import', TSX, program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS });
  expect(stdout).toBe('done');
});
