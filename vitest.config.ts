import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // Documents and tests import the package by its name, and run against the sources.
    alias: [
      { find: /^memstore-tx$/, replacement: source('index.ts') },
      { find: /^memstore-tx\/lmdb$/, replacement: source('journal/lmdb/index.ts') },
      { find: /^memstore-tx\/testing$/, replacement: source('testing/index.ts') },
      { find: /^memstore-tx\/open$/, replacement: source('open/index.ts') },
      { find: /^memstore-tx\/etcd$/, replacement: source('etcd/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/cli/command-builder.ts'],
    // By default Vitest leaves one core idle, and so runs one file at a time on a machine with two. One more
    // than there are cores, since many tests wait for processes and sockets.
    maxWorkers: availableParallelism() + 1,
    // These limits end tests that hang. No test waits for the clock, but a busy machine may be very slow.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
    reporters: process.env['CI'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'reports/tests.json' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'json-summary'],
      reportsDirectory: 'coverage',
    },
  },
}) as ViteUserConfig;
