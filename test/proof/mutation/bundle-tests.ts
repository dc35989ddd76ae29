import { readdirSync } from 'node:fs';
import { build, type Plugin } from 'esbuild';
import { CHOSEN_TESTS, LEFT_OUT } from './chosen-tests.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

// The core entry, because no chosen test uses the server or the client.
const SOURCES: Readonly<Record<string, string>> = {
  'memstore-tx': `${ROOT}src/core.ts`,
  'memstore-tx/testing': `${ROOT}src/testing/index.ts`,
};

/**
 * Returns the paths that match a pattern. A pattern is a path, or a folder followed by asterisks and the end
 * of the path.
 */
function filesLike(pattern: string): string[] {
  if (!pattern.includes('*')) return [pattern];
  const folder = pattern.slice(0, pattern.indexOf('*'));
  const end = pattern.slice(pattern.lastIndexOf('*') + 1);
  const paths = readdirSync(ROOT + folder, { recursive: pattern.includes('**'), encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith(end))
    .sort()
    .map((path) => folder + path);
}

const resolve: Plugin = {
  name: 'resolve',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) => {
      const source = SOURCES[path];
      return source === undefined ? { path, external: true } : { path: source };
    });
  },
};

// Everything is in one file. Each mutant loads it anew, and loading the files one by one takes longer than
// most tests run.
const files = CHOSEN_TESTS.flatMap(filesLike);
await build({
  stdin: {
    contents: files
      .filter((file) => !LEFT_OUT.includes(file))
      .map((file) => `import './${file}';`)
      .join('\n'),
    resolveDir: ROOT,
  },
  outfile: `${ROOT}test/proof/mutation/bundle/all.tests.mjs`,
  bundle: true,
  // The package declares that it has no side effects, but its tests consist only of side effects.
  ignoreAnnotations: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  plugins: [resolve],
});
