import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runtimeCycles, typeCyclesAcrossFolders, unreachable } from './import-graph.ts';
import { layerViolations, mayUseGlobal } from './layers.ts';
import { readSources, type SourceFacts, sourceFacts } from './source-facts.ts';

const maxLines = 400;
const sources = readSources(new URL('../../src', import.meta.url).pathname);
const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const packages = new Set(Object.keys((manifest as { dependencies: object }).dependencies));

describe('the sources', () => {
  it('keep to their layers', () => {
    expect(layerViolations(sources, packages)).toEqual([]);
  });

  it('have no import cycles', () => {
    expect(runtimeCycles(sources)).toEqual([]);
    expect(typeCyclesAcrossFolders(sources)).toEqual([]);
  });

  it('are all in use', () => {
    const entries = [
      'index.ts',
      'lmdb.ts',
      'testing/index.ts',
      'etcd/index.ts',
      'open/index.ts',
      'cli/cli.ts',
    ];
    expect(unreachable(sources, entries)).toEqual([]);
  });

  it('leave no hole in the types', () => {
    expect(sources.filter(({ anyLines }) => anyLines.length > 0).map(at('anyLines'))).toEqual([]);
    expect(
      sources.filter(({ suppressedLines }) => suppressedLines.length > 0).map(at('suppressedLines')),
    ).toEqual([]);
  });

  it('use no global that only Node has', () => {
    expect(
      sources
        .map(({ path, nodeGlobals }) => [path, nodeGlobals.filter((name) => !mayUseGlobal(path, name))])
        .filter(([, names]) => names?.length !== 0),
    ).toEqual([]);
  });

  it(`are files of at most ${maxLines} lines`, () => {
    expect(sources.filter(({ lines }) => lines > maxLines).map(({ path, lines }) => [path, lines])).toEqual(
      [],
    );
  });
});

function at(list: 'anyLines' | 'suppressedLines'): (facts: SourceFacts) => string {
  return (facts) => `${facts.path}:${facts[list].join()}`;
}

describe('the layer rules', () => {
  const allowed: readonly (readonly [from: string, statement: string])[] = [
    ['errors.ts', "import type { CycleStep } from './locks/lock-strategy.ts'"],
    ['locks/key-locks/key-locks.ts', "import { WaitGraph } from '../wait-graph.ts'"],
    ['locks/key-locks/key-locks.ts', "import { KeyLock } from './key-lock.ts'"],
    ['locks/mutex-locks/stripe.ts', "import { Mutex } from 'async-mutex'"],
    ['cache/lru.ts', "import { positive } from '../check.ts'"],
    ['engine/engine.ts', "import type { LockManager } from '../locks/lock-strategy.ts'"],
    ['mem-store.ts', "import { keyLocks } from './locks/key-locks/key-locks.ts'"],
    ['journal/lmdb-journal/environment.ts', "import { open } from 'lmdb'"],
    [
      'journal/lmdb-journal/record.ts',
      "import { messagePackCodec } from '../../codec/message-pack-codec.ts'",
    ],
    ['codec/message-pack-codec.ts', "import { Packr } from 'msgpackr/pack'"],
    ['server/session.ts', "import { textCodec } from '../wire/text-codec.ts'"],
    ['server/session.ts', "import { createServer } from 'node:net'"],
    ['client/remote-store.ts', "import { runTransaction } from '../run-transaction.ts'"],
    ['cli/cli.ts', "import { startServer } from '../index.ts'"],
    ['cli/cli.ts', "import { Command } from 'commander'"],
    ['index.ts', "const server = await import('./server/start-server.ts')"],
    ['testing/assert.ts', "import { MemStoreError } from '../index.ts'"],
    ['testing/assert.ts', "import { covers } from '../key-range.ts'"],
    ['testing/assert.ts', "import type { LockManager } from '../locks/lock-strategy.ts'"],
  ];
  for (const [from, statement] of allowed) {
    it(`let ${from} ${statement}`, () => {
      expect(violationsOf(from, statement)).toEqual([]);
    });
  }

  const forbidden: readonly (readonly [from: string, statement: string])[] = [
    ['errors.ts', "import { Engine } from './engine/engine.ts'"],
    ['store.ts', "import type { Engine } from './engine/engine.ts'"],
    ['locks/key-locks/key-locks.ts', "import { Stripe } from '../mutex-locks/stripe.ts'"],
    ['locks/key-locks/key-locks.ts', "import type { Engine } from '../../engine/engine.ts'"],
    ['locks/key-locks/key-locks.ts', "import type { CacheStrategy } from '../../cache/cache-strategy.ts'"],
    ['locks/wait-graph.ts', "import { KeyLock } from './key-locks/key-lock.ts'"],
    ['shards/range-shards/range-shards.ts', "import { WaitGraph } from '../../locks/wait-graph.ts'"],
    ['cache/lru.ts', "import { unbounded } from './unbounded.ts'"],
    ['engine/engine.ts', "import { keyLocks } from '../locks/key-locks/key-locks.ts'"],
    ['engine/engine.ts', "export { keyLocks } from '../locks/key-locks/key-locks.ts'"],
    ['engine/engine.ts', "const late = await import('../locks/key-locks/key-locks.ts')"],
    ['engine/engine.ts', "type Late = import('../locks/key-locks/key-locks.ts').KeyLocks"],
    ['engine/engine.ts', 'const late = await import(somewhere)'],
    ['engine/engine.ts', "import { hrtime } from 'node:process'"],
    ['engine/engine.ts', "import { copy } from 'a-package-that-is-not-a-dependency'"],
    ['engine/engine.ts', "import { open } from 'lmdb'"],
    ['journal/lmdb-journal/record.ts', "import { textCodec } from '../../wire/text-codec.ts'"],
    ['locks/key-locks/key-locks.ts', "import { isPlain } from '../../codec/is-plain.ts'"],
    ['run-transaction.ts', "import { Engine } from './engine/engine.ts'"],
    ['mem-store.ts', "import { MemStore } from './index.ts'"],
    ['index.ts', "export { assertEqual } from './testing/assert.ts'"],
    ['testing/assert.ts', "import { MemStoreError } from '../errors.ts'"],
    ['testing/assert.ts', "import type { Engine } from '../engine/engine.ts'"],
    ['engine/engine.ts', "import { MAX } from '../wire/utf8.ts'"],
    ['index.ts', "export { textOf } from './wire/utf8.ts'"],
    ['wire/utf8.ts', "import { connect } from 'node:net'"],
    ['wire/utf8.ts', "import { keyLocks } from '../locks/key-locks/key-locks.ts'"],
    ['server/session.ts', "import { Engine } from '../engine/engine.ts'"],
    ['server/session.ts', "import { MemStore } from '../mem-store.ts'"],
    ['server/session.ts', "import { connect } from '../client/connect.ts'"],
    ['server/session.ts', "import { pack } from 'msgpackr/pack'"],
    ['client/connect.ts', "import { startServer } from '../server/start-server.ts'"],
    ['cli/cli.ts', "import { startServer } from '../server/start-server.ts'"],
    ['misc/helpers.ts', "import { MemStoreError } from '../errors.ts'"],
  ];
  for (const [from, statement] of forbidden) {
    it(`do not let ${from} ${statement}`, () => {
      expect(violationsOf(from, statement)).not.toEqual([]);
    });
  }

  function violationsOf(from: string, statement: string): string[] {
    return layerViolations([sourceFacts(from, statement)], packages);
  }
});

describe('the import graph', () => {
  const madeUp = (files: Record<string, string>): SourceFacts[] =>
    Object.entries(files).map(([path, text]) => sourceFacts(path, text));

  it('sees a cycle at run time, however long', () => {
    const files = madeUp({
      'a.ts': "import { b } from './b.ts'",
      'b.ts': "export * from './engine/c.ts'",
      'engine/c.ts': "import '../a.ts'",
      'd.ts': "import { a } from './a.ts'",
    });
    expect(runtimeCycles(files)).toEqual([['a.ts', 'b.ts', 'engine/c.ts']]);
  });

  it('sees a file that imports itself', () => {
    expect(runtimeCycles(madeUp({ 'a.ts': "import { b } from './a.ts'" }))).toEqual([['a.ts']]);
  });

  it('tolerates a cycle of types within a folder, and none between folders', () => {
    const within = madeUp({
      'x/a.ts': "import type { B } from './b.ts'",
      'x/b.ts': "import { a } from './a.ts'",
    });
    expect(runtimeCycles(within)).toEqual([]);
    expect(typeCyclesAcrossFolders(within)).toEqual([]);
    const between = madeUp({
      'x/a.ts': "import type { B } from '../y/b.ts'",
      'y/b.ts': "import { a } from '../x/a.ts'",
    });
    expect(runtimeCycles(between)).toEqual([]);
    expect(typeCyclesAcrossFolders(between)).toEqual([['x/a.ts', 'y/b.ts']]);
  });

  it('counts an import whose single names are types as one that stays', () => {
    const files = madeUp({
      'a.ts': "import { type B } from './b.ts'",
      'b.ts': "import { a } from './a.ts'",
    });
    expect(runtimeCycles(files)).toEqual([['a.ts', 'b.ts']]);
  });

  it('sees a file that no entry leads to', () => {
    const files = madeUp({
      'index.ts': "export type { A } from './a.ts'",
      'a.ts': '',
      'dead.ts': "import { a } from './a.ts'",
    });
    expect(unreachable(files, ['index.ts'])).toEqual(['dead.ts']);
  });
});

describe('the facts about a file', () => {
  it('tell `any`, in a type only', () => {
    const facts = sourceFacts('a.ts', 'const any = 1;\nlet x: any;\nfoo<any[]>(any); // any\n');
    expect(facts.anyLines).toEqual([2, 3]);
  });

  it('tell where the type checker looks away', () => {
    expect(sourceFacts('a.ts', '\n// @ts-ignore\n/* @ts-expect-error */\n').suppressedLines).toEqual([2, 3]);
  });

  it("tell Node's globals from other things of that name", () => {
    expect(sourceFacts('a.ts', 'x.process(); const y = { process: 1 };').nodeGlobals).toEqual([]);
    const text = 'process.env; x instanceof Buffer; setImmediate(f); let b: Buffer;';
    expect(sourceFacts('a.ts', text).nodeGlobals).toEqual(['process', 'Buffer', 'setImmediate']);
  });

  it('count lines', () => {
    expect(sourceFacts('a.ts', 'a\nb\n').lines).toBe(2);
    expect(sourceFacts('a.ts', 'a\nb').lines).toBe(2);
  });
});
