import { defineConfig, type ViteUserConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/mutation/bundle/all.tests.mjs'],
    isolate: false,
    // A mutant that leaves somebody waiting fails its test then.
    testTimeout: 6_000,
    reporters: ['dot'],
  },
}) as ViteUserConfig;
