import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = (path: string): string => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));

/** A program of these tests as one file of plain JavaScript, which starts in a tenth of the time. */
export async function bundleProgram(entry: URL, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: {
      'memstore-tx/lmdb': source('journal/lmdb/index.ts'),
      'memstore-tx/testing': source('testing/index.ts'),
      'memstore-tx': source('index.ts'),
    },
    plugins: [
      {
        name: 'native-package-stays-where-it-is',
        setup(setup) {
          const path = import.meta.resolve('lmdb');
          setup.onResolve({ filter: /^lmdb$/ }, () => ({ path, external: true }));
        },
      },
    ],
    // What is bundled of CommonJS asks for Node's modules in its own way.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}
