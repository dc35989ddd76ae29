import type { ImportFact, SourceFacts } from './source-facts.ts';

/** The modules that all backends and strategies may import. */
const BASE = ['contract', 'arguments', 'collections', 'codecs', 'lifecycle'] as const;
const STRATEGY_CONTRACTS = ['locks', 'shards', 'cache', 'journal'] as const;
const ENTRIES = ['index.ts', 'core.ts', 'etcd/index.ts', 'open/index.ts', 'journal/lmdb/index.ts'] as const;

/**
 * The import law: for each module, the modules that it may import besides itself. A module is a folder of
 * `src/`. The folder of a strategy is a module of its own. `locks`, `shards`, `cache` and `journal` stand for
 * the files beside the strategies. These files are the contracts of the strategies. A name with `.ts` stands
 * for that file only.
 */
const LAW: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  arguments: ['contract'],
  collections: ['contract'],
  codecs: ['contract'],
  lifecycle: ['contract', 'arguments'],
  changes: ['contract', 'collections'],

  locks: ['contract'],
  shards: ['contract'],
  cache: ['contract'],
  journal: ['contract'],
  'locks/*': [...BASE, 'locks'],
  'shards/*': [...BASE, 'shards'],
  'cache/*': [...BASE, 'cache'],
  'journal/*': [...BASE, 'journal'],

  memory: [...BASE, ...STRATEGY_CONTRACTS, 'changes'],
  'memory/mem-store.ts': ['locks/key-locks', 'shards/hash-shards', 'cache/unbounded'],

  protocol: ['contract', 'codecs'],
  serving: ['contract', 'lifecycle', 'collections', 'codecs', 'protocol'],
  remote: ['contract', 'arguments', 'lifecycle', 'codecs', 'changes', 'protocol'],
  server: ['contract', 'arguments', 'lifecycle', 'codecs', 'protocol', 'serving'],
  client: ['contract', 'arguments', 'lifecycle', 'codecs', 'remote'],
  etcd: ['contract', 'arguments', 'lifecycle', 'codecs', 'changes'],

  'core.ts': ['contract', 'arguments', ...STRATEGY_CONTRACTS, 'locks/*', 'shards/*', 'cache/*', 'memory'],
  'index.ts': ['core.ts', 'contract', 'server', 'remote', 'client'],
  open: [...ENTRIES, 'arguments', 'lifecycle'],
  testing: ['index.ts', 'contract', ...STRATEGY_CONTRACTS],
  cli: [...ENTRIES, 'protocol/split-words.ts', 'protocol/commands.ts'],
};

/**
 * The packages that a module may import, besides the dependencies of the package. The build bundles most of
 * them.
 */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  codecs: ['msgpackr/pack'],
  etcd: ['etcd3'],
  'journal/lmdb': ['lmdb'],
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

/** The modules and files that may use the modules and globals of Node. The core runs in browsers too. */
const NODE_ONLY = [
  'server',
  'client',
  'etcd',
  'open',
  'cli',
  'journal/lmdb',
  'codecs/node-format.ts',
] as const;
/** The protocol handles bytes as a `Buffer`. */
const BUFFER_ONLY = ['codecs', 'protocol', 'arguments/socket-path.ts'] as const;

/** Returns a sentence for each import that the law forbids, and for each file that belongs to no module. */
export function importViolations(sources: readonly SourceFacts[], packages: ReadonlySet<string>): string[] {
  return sources.flatMap(({ path, imports }) => {
    if (moduleOf(path) === undefined) return [`${path} belongs to no module; add it to the import law`];
    return imports
      .filter((fact) => !(fact.relative ? mayImport(path, fact.target) : mayUse(path, fact, packages)))
      .map(({ target, typeOnly }) => `${path} must not import ${typeOnly ? 'types from ' : ''}${target}`);
  });
}

/** Returns whether a file may use a global that only Node.js has. */
export function mayUseGlobal(path: string, name: string): boolean {
  return isIn(path, NODE_ONLY) || (name === 'Buffer' && isIn(path, BUFFER_ONLY));
}

function mayUse(path: string, { target }: ImportFact, packages: ReadonlySet<string>): boolean {
  if (target.startsWith('node:')) return isIn(path, NODE_ONLY);
  return packages.has(target) || (PACKAGES[moduleOf(path) ?? '']?.includes(target) ?? false);
}

function mayImport(path: string, target: string): boolean {
  const from = moduleOf(path);
  const to = moduleOf(target);
  if (from === undefined || to === undefined) return false;
  if (from === to && !from.endsWith('.ts')) return true;
  return [...lawOf(from), ...(LAW[path] ?? [])].some((allowed) => allowed === target || matches(allowed, to));
}

function lawOf(module: string): readonly string[] {
  return LAW[module] ?? LAW[module.replace(/\/.*/, '/*')] ?? [];
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => place === path || place === moduleOf(path));
}

function matches(allowed: string, module: string): boolean {
  return allowed === module || (allowed.endsWith('/*') && module.startsWith(allowed.slice(0, -1)));
}

/** Returns the module of a file, or `undefined` if the law does not mention it. */
function moduleOf(path: string): string | undefined {
  const [folder = '', inner] = path.split('/');
  if (inner === undefined) return path in LAW ? path : undefined;
  if (!(folder in LAW)) return undefined;
  const isStrategy = `${folder}/*` in LAW && path.split('/').length > 2;
  return isStrategy ? `${folder}/${inner}` : folder;
}
