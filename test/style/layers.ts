import type { ImportFact, SourceFacts } from './source-facts.ts';

/**
 * What a file is. Strategies of one kind (`locks`, `shards`, `cache`, `journal`) do not know each other, but
 * may share a file that lies beside them.
 */
type Layer =
  | { readonly name: 'contract' | 'foundation' | 'runner' | 'engine' | 'wiring' | 'face' | 'testing' }
  | { readonly name: 'codec' | 'wire' | 'server' | 'client' | 'etcd' | 'open' | 'cli' | 'loader' }
  | { readonly name: 'shared'; readonly kind: string }
  | { readonly name: 'strategy'; readonly kind: string; readonly strategy: string };

/** Files that everybody may import: interfaces, data shapes, errors. */
const contracts: ReadonlySet<string> = new Set([
  'errors.ts',
  'key-range.ts',
  'clock.ts',
  'store.ts',
  'events.ts',
  'mem-store-options.ts',
  'tls-settings.ts',
  'locks/lock-strategy.ts',
  'shards/shard-strategy.ts',
  'cache/cache-strategy.ts',
  'journal/journal.ts',
]);

/** Small building blocks that know contracts only. */
const foundations: ReadonlySet<string> = new Set([
  'b-tree.ts',
  'bucket-table.ts',
  'cache/size-of.ts',
  'check.ts',
  'check-arguments.ts',
  'lock-rows.ts',
  'contested-keys.ts',
  'hash-key.ts',
  'immediate-operations.ts',
  'lane.ts',
  'linear-hash-map.ts',
  'read-options.ts',
  'scan-options.ts',
  'split-words.ts',
  'tls-failure.ts',
  'ttl.ts',
]);

/** What the strategies of one kind share. */
const shared: ReadonlySet<string> = new Set(['locks/wait-graph.ts']);

const rootFiles: ReadonlyMap<string, Layer> = new Map([
  ['run-transaction.ts', { name: 'runner' }],
  ['mem-store.ts', { name: 'wiring' }],
  ['resolve-settings.ts', { name: 'wiring' }],
  ['start-server.ts', { name: 'loader' }],
  ['connect.ts', { name: 'loader' }],
  ['core.ts', { name: 'face' }],
  ['lmdb.ts', { name: 'face' }],
  ['index.ts', { name: 'face' }],
]);

/** The layer of a file, or undefined for one that the picture has no place for. */
function layerOf(path: string): Layer | undefined {
  if (contracts.has(path)) return { name: 'contract' };
  if (foundations.has(path) || path.startsWith('values/')) return { name: 'foundation' };
  const root = rootFiles.get(path);
  if (root) return root;
  if (path.startsWith('engine/')) return { name: 'engine' };
  if (path.startsWith('open/')) return { name: 'open' };
  if (path.startsWith('testing/')) return { name: 'testing' };
  const served = /^(codec|wire|server|client|etcd|cli)\//.exec(path)?.[1] as
    | 'codec'
    | 'wire'
    | 'server'
    | 'client'
    | 'etcd'
    | 'cli'
    | undefined;
  if (served !== undefined) return { name: served };
  const [, kind, strategy] = /^(locks|shards|cache|journal)\/([^/]+?)(?:\.ts$|\/)/.exec(path) ?? [];
  if (kind === undefined || strategy === undefined) return undefined;
  return shared.has(path) ? { name: 'shared', kind } : { name: 'strategy', kind, strategy };
}

/** Every import that the layers forbid, as a sentence. */
export function layerViolations(sources: readonly SourceFacts[], packages: ReadonlySet<string>): string[] {
  const homeless = sources
    .filter(({ path }) => layerOf(path) === undefined)
    .map(({ path }) => `${path} belongs to no layer: give it a place in test/style/layers.ts`);
  const forbidden = sources.flatMap(({ path, imports }) =>
    imports
      .filter((fact) => !(fact.relative ? mayImport(path, fact) : mayUse(path, fact.target, packages)))
      .map(({ target, typeOnly }) => `${path} must not import ${typeOnly ? 'types from ' : ''}${target}`),
  );
  return [...homeless, ...forbidden];
}

/** What the build puts into the output, so that it is no dependency of the package, and who may use it. */
const bundled: Readonly<Record<string, readonly string[]>> = {
  codec: ['msgpackr/pack'],
  etcd: ['etcd3'],
  cli: [
    'commander',
    '@inquirer/prompts',
    'cli-table3',
    'log-update',
    'slice-ansi',
    'string-width',
    'picocolors',
    'cli-progress',
  ],
};

function mayUse(path: string, specifier: string, packages: ReadonlySet<string>): boolean {
  const layer = layerOf(path)?.name ?? '';
  if (specifier.startsWith('node:')) return runsOnNodeOnly(path);
  if (path.startsWith(LMDB_JOURNAL) && specifier === 'lmdb') return true;
  return packages.has(specifier) || (bundled[layer]?.includes(specifier) ?? false);
}

/** Node's own globals that a file may use: bytes are Buffers on the wire and in other homes. */
export function mayUseGlobal(path: string, name: string): boolean {
  return runsOnNodeOnly(path) || (['codec', 'wire'].includes(layerOf(path)?.name ?? '') && name === 'Buffer');
}

/** The core runs in browsers, Bun and Deno too; these are loaded when they are called. */
function runsOnNodeOnly(path: string): boolean {
  const layer = layerOf(path)?.name ?? '';
  return (
    ['server', 'client', 'etcd', 'open', 'cli'].includes(layer) ||
    path.startsWith(LMDB_JOURNAL) ||
    path === NODE_FORMAT
  );
}

/** An entry of its own, for those who have the optional package. */
const LMDB_JOURNAL = 'journal/lmdb-journal/';

/** The codec gets it as an argument. */
const NODE_FORMAT = 'codec/node-format.ts';

function mayImport(path: string, { target, typeOnly }: ImportFact): boolean {
  const from = layerOf(path);
  const to = layerOf(target);
  if (!from || !to) return false;
  switch (from.name) {
    case 'contract':
      return to.name === 'contract';
    case 'foundation':
    case 'runner':
      return to.name === 'contract' || to.name === 'foundation';
    case 'codec':
      return to.name === 'contract' || to.name === 'foundation' || to.name === 'codec';
    case 'wire':
      return ['contract', 'foundation', 'codec', 'wire'].includes(to.name);
    case 'server':
    case 'client':
      // Neither knows the engine, a strategy or the other: they see the store by its contract.
      return isBelowServed(to) || to.name === from.name;
    case 'etcd':
      // It sees stores by their contract, and knows no wire of ours.
      return ['contract', 'foundation', 'runner', 'codec', 'etcd'].includes(to.name);
    case 'loader':
      // It brings its module in when it is called, so that those who do not serve pay nothing.
      return ['contract', 'server', 'client'].includes(to.name);
    case 'open':
      // Public entries, so that there is one of each class. Those that need an optional package are loaded when
      // they are called. The build keeps the errors of the checks outside, as it does for the other homes.
      return to.name === 'open' || to.name === 'face' || ['check.ts', 'etcd/index.ts'].includes(target);
    case 'cli':
      // Beside the public entries, it shares how a typed line falls into words.
      return (
        to.name === 'cli' ||
        to.name === 'face' ||
        ['open/index.ts', 'etcd/index.ts', 'split-words.ts'].includes(target)
      );
    case 'engine':
      return to.name === 'contract' || to.name === 'foundation' || to.name === 'engine';
    case 'shared':
      return isBelowStrategy(from.kind, to, target);
    case 'strategy':
      return (
        isBelowStrategy(from.kind, to, target) ||
        isSameStrategy(from, to) ||
        (from.kind === 'journal' && to.name === 'codec')
      );
    case 'wiring':
      return ![
        'testing',
        'face',
        'codec',
        'wire',
        'server',
        'client',
        'etcd',
        'open',
        'cli',
        'loader',
      ].includes(to.name);
    case 'face':
      return !['testing', 'etcd', 'open', 'cli', 'codec', 'wire'].includes(to.name);
    case 'testing':
      // Classes come through the main entry, so that they are the same for users of both entries.
      return (
        to.name === 'testing' ||
        to.name === 'face' ||
        (to.name === 'contract' && (typeOnly || target === 'key-range.ts'))
      );
  }
}

function isBelowServed(to: Layer): boolean {
  return ['contract', 'foundation', 'runner', 'codec', 'wire'].includes(to.name);
}

/** Contracts, building blocks, and what is shared within a kind; but not the contract of another kind. */
function isBelowStrategy(kind: string, to: Layer, target: string): boolean {
  if (to.name === 'contract') return !target.includes('/') || target.startsWith(`${kind}/`);
  return to.name === 'foundation' || (to.name === 'shared' && to.kind === kind);
}

function isSameStrategy(from: Layer, to: Layer): boolean {
  return (
    from.name === 'strategy' &&
    to.name === 'strategy' &&
    from.kind === to.kind &&
    from.strategy === to.strategy
  );
}
