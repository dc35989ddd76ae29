import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
  format: ['esm', 'cjs'],
  target: 'es2022',
  // With splitting, tsup rewrites `?.` and `??` of its CommonJS output into helper closures.
  splitting: false,
  sourcemap: true,
  removeNodeProtocol: false,
  // tsup sets `baseUrl` for the declarations, which TypeScript 6 reports as deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  esbuildPlugins: [
    {
      // Without this, the testing entry would hold its own copy of every class that it takes from the main
      // entry, and `instanceof` would fail between the two.
      name: 'main-entry-stays-outside-testing',
      setup(build) {
        build.onResolve({ filter: /^(\.\.\/)+index\.ts$/ }, () => ({ path: 'memstore-tx', external: true }));
      },
    },
  ],
});
