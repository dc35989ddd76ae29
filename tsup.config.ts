import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import { defineConfig, type Options } from 'tsup';

// Without this, an entry would hold its own copy of every class that it takes from the main entry, and
// `instanceof` would fail between the two.
const mainEntryStaysOutside: Plugin = {
  name: 'main-entry-stays-outside',
  setup(build) {
    build.onResolve({ filter: /^(\.\.\/)+index\.ts$/ }, () => ({ path: 'memstore-tx', external: true }));
  },
};

// The same holds for the backends, which others bring in only when they are asked for.
const backendsStayOutside: Plugin = {
  name: 'backends-stay-outside',
  setup(build) {
    build.onResolve({ filter: /^(\.\.\/)+(journal\/lmdb|etcd|open)\/index\.ts$/ }, ({ path }) => ({
      path: `memstore-tx/${/lmdb|etcd|open/.exec(path)?.[0]}`,
      external: true,
    }));
  },
};

// The licences of what is bundled ask for their text wherever the code goes.
const licencesComeAlong = (file: string): Plugin => ({
  name: 'licences-come-along',
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => {
      const inputs = Object.values(metafile?.outputs ?? {}).flatMap((output) =>
        Object.entries(output.inputs),
      );
      const packages = new Set(
        inputs
          .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
          .flatMap(([path]) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
      );
      const { outdir = 'dist' } = build.initialOptions;
      mkdirSync(outdir, { recursive: true });
      writeFileSync(`${outdir}/${file}`, [...packages].sort().map(licenceOf).join('\n\n'));
    });
  },
});

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = readdirSync(folder).find((candidate) => /^licen[cs]e/i.test(candidate));
  if (file === undefined) throw new Error(`${name} has no file with its licence.`);
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}\n`;
}

const library: Options & { entry: Record<string, string> } = {
  entry: { index: 'src/index.ts', core: 'src/core.ts', testing: 'src/testing/index.ts' },
  target: 'es2022',
  sourcemap: true,
  removeNodeProtocol: false,
  // Saves 0.7 kB of the core.
  define: { 'Number.POSITIVE_INFINITY': 'Infinity' },
  // tsup sets `baseUrl` for the declarations, which TypeScript 6 reports as deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
  esbuildPlugins: [mainEntryStaysOutside, backendsStayOutside, licencesComeAlong('licenses-of-library.txt')],
};

// The backends that need an optional package are entries of their own.
const backends = { lmdb: 'src/journal/lmdb/index.ts', etcd: 'src/etcd/index.ts', open: 'src/open/index.ts' };

// As ES modules, entries share the files that they have in common. As CommonJS each is one file, and has the
// class of errors from the main entry.
const errorsStayOutside: Plugin = {
  name: 'errors-stay-outside',
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\/(.*\/)?errors\.ts$/ }, () => ({
      path: 'memstore-tx',
      external: true,
    }));
  },
};

// These packages say that what is not used of them may be left out, but in a file that a nested one hides.
// Without this an editor prompt would come along, with a megabyte of character tables.
const unusedPromptsStayOutside: Plugin = {
  name: 'unused-prompts-stay-outside',
  setup(build) {
    build.onResolve({ filter: /^@inquirer\// }, async ({ path, pluginData, ...options }) => {
      if (pluginData === 'seen') return undefined;
      return { ...(await build.resolve(path, { ...options, pluginData: 'seen' })), sideEffects: false };
    });
  },
};

const command: Options = {
  entry: { cli: 'src/cli/cli.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: true,
  removeNodeProtocol: false,
  // What is bundled from CommonJS asks for modules of Node by `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  esbuildOptions(options) {
    options.chunkNames = 'cli-[name]-[hash]';
  },
  esbuildPlugins: [
    mainEntryStaysOutside,
    backendsStayOutside,
    unusedPromptsStayOutside,
    licencesComeAlong('licenses-of-command.txt'),
  ],
};

export default defineConfig([
  // The server and the client are files of their own, which are loaded when they are called for.
  { ...library, entry: { ...library.entry, ...backends }, format: 'esm', splitting: true },
  // With splitting, tsup rewrites `?.` and `??` of its CommonJS output into helper closures.
  { ...library, format: 'cjs', splitting: false },
  {
    ...library,
    entry: backends,
    format: 'cjs',
    splitting: false,
    // An import() would bring in the ES module, with other classes than those that a CommonJS program has.
    esbuildOptions(options) {
      options.supported = { ...options.supported, 'dynamic-import': false };
    },
    esbuildPlugins: [mainEntryStaysOutside, backendsStayOutside, errorsStayOutside],
  },
  command,
]);
