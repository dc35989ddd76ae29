import type { ImportFact, SourceFacts } from './source-facts.ts';

/**
 * What a file is. Strategies of one kind (`locks`, `shards`, `cache`, `journal`) do not know each other, but
 * may share a file that lies beside them.
 */
type Layer =
  | { readonly name: 'contract' | 'foundation' | 'runner' | 'engine' | 'wiring' | 'face' | 'testing' }
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
  'locks/lock-strategy.ts',
  'shards/shard-strategy.ts',
  'cache/cache-strategy.ts',
  'journal/journal.ts',
]);

/** Small building blocks that know contracts only. */
const foundations: ReadonlySet<string> = new Set(['b-tree.ts', 'check.ts', 'hash-key.ts']);

/** What the strategies of one kind share. */
const shared: ReadonlySet<string> = new Set(['locks/wait-graph.ts', 'cache/size-of.ts']);

const rootFiles: ReadonlyMap<string, Layer> = new Map([
  ['run-transaction.ts', { name: 'runner' }],
  ['mem-store.ts', { name: 'wiring' }],
  ['resolve-settings.ts', { name: 'wiring' }],
  ['index.ts', { name: 'face' }],
]);

/** The layer of a file, or undefined for one that the picture has no place for. */
function layerOf(path: string): Layer | undefined {
  if (contracts.has(path)) return { name: 'contract' };
  if (foundations.has(path)) return { name: 'foundation' };
  const root = rootFiles.get(path);
  if (root) return root;
  if (path.startsWith('engine/')) return { name: 'engine' };
  if (path.startsWith('testing/')) return { name: 'testing' };
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
      .filter((fact) => !(fact.relative ? mayImport(path, fact) : packages.has(fact.target)))
      .map(({ target, typeOnly }) => `${path} must not import ${typeOnly ? 'types from ' : ''}${target}`),
  );
  return [...homeless, ...forbidden];
}

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
    case 'engine':
      return to.name === 'contract' || to.name === 'foundation' || to.name === 'engine';
    case 'shared':
      return isBelowStrategy(from.kind, to, target);
    case 'strategy':
      return isBelowStrategy(from.kind, to, target) || isSameStrategy(from, to);
    case 'wiring':
      return to.name !== 'testing' && to.name !== 'face';
    case 'face':
      return to.name !== 'testing';
    case 'testing':
      // Classes come through the main entry, so that they are the same for users of both entries.
      return (
        to.name === 'testing' ||
        to.name === 'face' ||
        (to.name === 'contract' && (typeOnly || target === 'key-range.ts'))
      );
  }
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
