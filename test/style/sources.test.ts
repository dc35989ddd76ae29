import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cyclesAcrossFolders, runtimeCycles, unreachable } from './import-graph.ts';
import { importViolations, mayUseGlobal } from './import-law.ts';
import { readSources, type SourceFacts, sourceFacts } from './source-facts.ts';

const sources = readSources(new URL('../../src', import.meta.url).pathname);
const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const packages = new Set(Object.keys((manifest as { dependencies: object }).dependencies));

describe('the sources', () => {
  it('keep to the import law', () => {
    expect(importViolations(sources, packages)).toEqual([]);
  });

  it('have no import cycles', () => {
    expect(runtimeCycles(sources)).toEqual([]);
    expect(cyclesAcrossFolders(sources)).toEqual([]);
  });

  it('contain no unused files', () => {
    const entries = [
      'index.ts',
      'journal/lmdb/index.ts',
      'testing/index.ts',
      'etcd/index.ts',
      'open/index.ts',
      'cli/cli.ts',
    ];
    expect(unreachable(sources, entries)).toEqual([]);
  });

  it('contain no `any` and no disabled type check', () => {
    expect(sources.filter(({ anyLines }) => anyLines.length > 0).map(at('anyLines'))).toEqual([]);
    expect(
      sources.filter(({ suppressedLines }) => suppressedLines.length > 0).map(at('suppressedLines')),
    ).toEqual([]);
  });

  it('use no globals that only Node.js has', () => {
    expect(
      sources
        .map(({ path, nodeGlobals }) => [path, nodeGlobals.filter((name) => !mayUseGlobal(path, name))])
        .filter(([, names]) => names?.length !== 0),
    ).toEqual([]);
  });
});

function at(list: 'anyLines' | 'suppressedLines'): (facts: SourceFacts) => string {
  return (facts) => `${facts.path}:${facts[list].join()}`;
}

describe('the import law', () => {
  const allowed: readonly (readonly [from: string, statement: string])[] = [
    ['contract/errors.ts', "import type { CycleStep } from './lock-report.ts'"],
    ['locks/key-locks/key-locks.ts', "import { WaitGraph } from '../wait-graph.ts'"],
    ['locks/key-locks/key-locks.ts', "import { KeyLock } from './key-lock.ts'"],
    ['locks/mutex-locks/stripe.ts', "import { Mutex } from 'async-mutex'"],
    ['cache/lru/lru.ts', "import { positive } from '../../arguments/check-options.ts'"],
    ['memory/engine.ts', "import type { LockManager } from '../locks/lock-strategy.ts'"],
    ['memory/engine.ts', "import { acquire } from './transaction/acquire.ts'"],
    ['memory/mem-store.ts', "import { keyLocks } from '../locks/key-locks/key-locks.ts'"],
    ['journal/lmdb/environment.ts', "import { open } from 'lmdb'"],
    ['journal/lmdb/record.ts', "import { messagePackCodec } from '../../codecs/message-pack-codec.ts'"],
    ['codecs/message-pack-codec.ts', "import { Packr } from 'msgpackr/pack'"],
    ['serving/session.ts', "import { textCodec } from '../protocol/text-codec.ts'"],
    ['server/connection.ts', "import { Session } from '../serving/session.ts'"],
    ['server/connection.ts', "import { createServer } from 'node:net'"],
    ['remote/remote-store.ts', "import { runTransaction } from '../lifecycle/run-transaction.ts'"],
    ['client/dialer.ts', "import { RemoteStore } from '../remote/remote-store.ts'"],
    ['cli/cli.ts', "import { startServer } from '../index.ts'"],
    ['cli/cli.ts', "import { Command } from 'commander'"],
    ['index.ts', "const server = await import('./server/listen.ts')"],
    ['testing/assert.ts', "import { MemStoreError } from '../index.ts'"],
    ['testing/assert.ts', "import type { LockManager } from '../locks/lock-strategy.ts'"],
  ];
  for (const [from, statement] of allowed) {
    it(`let ${from} ${statement}`, () => {
      expect(violationsOf(from, statement)).toEqual([]);
    });
  }

  const forbidden: readonly (readonly [from: string, statement: string])[] = [
    ['contract/errors.ts', "import { Engine } from '../memory/engine.ts'"],
    ['contract/store.ts', "import type { LockManager } from '../locks/lock-strategy.ts'"],
    ['arguments/check-options.ts', "import { runTransaction } from '../lifecycle/run-transaction.ts'"],
    ['lifecycle/run-transaction.ts', "import { Engine } from '../memory/engine.ts'"],
    ['locks/key-locks/key-locks.ts', "import { Stripe } from '../mutex-locks/stripe.ts'"],
    ['locks/key-locks/key-locks.ts', "import type { Engine } from '../../memory/engine.ts'"],
    ['locks/key-locks/key-locks.ts', "import type { CacheStrategy } from '../../cache/cache-strategy.ts'"],
    ['locks/wait-graph.ts', "import { KeyLock } from './key-locks/key-lock.ts'"],
    ['shards/range-shards/range-shards.ts', "import { WaitGraph } from '../../locks/wait-graph.ts'"],
    ['cache/lru/lru.ts', "import { unbounded } from '../unbounded/unbounded.ts'"],
    ['memory/engine.ts', "import { keyLocks } from '../locks/key-locks/key-locks.ts'"],
    ['memory/engine.ts', "export { keyLocks } from '../locks/key-locks/key-locks.ts'"],
    ['memory/engine.ts', "const late = await import('../locks/key-locks/key-locks.ts')"],
    ['memory/engine.ts', "type Late = import('../locks/key-locks/key-locks.ts').KeyLocks"],
    ['memory/engine.ts', 'const late = await import(somewhere)'],
    ['memory/engine.ts', "import { hrtime } from 'node:process'"],
    ['memory/engine.ts', "import { copy } from 'a-package-that-is-not-a-dependency'"],
    ['memory/engine.ts', "import { open } from 'lmdb'"],
    ['memory/engine.ts', "import { MAX } from '../protocol/utf8.ts'"],
    ['memory/mem-store.ts', "import { MemStore } from '../index.ts'"],
    ['journal/lmdb/record.ts', "import { textCodec } from '../../protocol/text-codec.ts'"],
    ['index.ts', "export { assertEqual } from './testing/assert.ts'"],
    ['index.ts', "export { textOf } from './protocol/utf8.ts'"],
    ['testing/assert.ts', "import { Engine } from '../memory/engine.ts'"],
    ['protocol/utf8.ts', "import { connect } from 'node:net'"],
    ['protocol/utf8.ts', "import { keyLocks } from '../locks/key-locks/key-locks.ts'"],
    ['serving/session.ts', "import { createServer } from 'node:net'"],
    ['serving/session.ts', "import { Engine } from '../memory/engine.ts'"],
    ['serving/session.ts', "import { RemoteStore } from '../remote/remote-store.ts'"],
    ['serving/session.ts', "import { Connection } from '../server/connection.ts'"],
    ['serving/session.ts', "import { pack } from 'msgpackr/pack'"],
    ['remote/remote-store.ts', "import { Dialer } from '../client/dialer.ts'"],
    ['remote/remote-store.ts', "import { connect } from 'node:net'"],
    ['client/dialer.ts', "import { startServer } from '../server/load-server.ts'"],
    ['etcd/etcd-store.ts', "import { textCodec } from '../protocol/text-codec.ts'"],
    ['cli/cli.ts', "import { startServer } from '../server/load-server.ts'"],
    ['cli/cli.ts', "import { Command } from '../protocol/command.ts'"],
    ['misc/helpers.ts', "import { MemStoreError } from '../contract/errors.ts'"],
    ['helpers.ts', "import { MemStoreError } from './contract/errors.ts'"],
  ];
  for (const [from, statement] of forbidden) {
    it(`forbids ${statement} in ${from}`, () => {
      expect(violationsOf(from, statement)).not.toEqual([]);
    });
  }

  function violationsOf(from: string, statement: string): string[] {
    return importViolations([sourceFacts(from, statement)], packages);
  }
});

describe('the import graph', () => {
  const madeUp = (files: Record<string, string>): SourceFacts[] =>
    Object.entries(files).map(([path, text]) => sourceFacts(path, text));

  it('detects run-time cycles of any length', () => {
    const files = madeUp({
      'a.ts': "import { b } from './b.ts'",
      'b.ts': "export * from './engine/c.ts'",
      'engine/c.ts': "import '../a.ts'",
      'd.ts': "import { a } from './a.ts'",
    });
    expect(runtimeCycles(files)).toEqual([['a.ts', 'b.ts', 'engine/c.ts']]);
  });

  it('detects a file that imports itself', () => {
    expect(runtimeCycles(madeUp({ 'a.ts': "import { b } from './a.ts'" }))).toEqual([['a.ts']]);
  });

  it('allows a cycle of types within a folder, and forbids it between folders', () => {
    const within = madeUp({
      'x/a.ts': "import type { B } from './b.ts'",
      'x/b.ts': "import { a } from './a.ts'",
    });
    expect(runtimeCycles(within)).toEqual([]);
    expect(cyclesAcrossFolders(within)).toEqual([]);
    const between = madeUp({
      'x/a.ts': "import type { B } from '../y/b.ts'",
      'y/b.ts': "import { a } from '../x/a.ts'",
    });
    expect(runtimeCycles(between)).toEqual([]);
    expect(cyclesAcrossFolders(between)).toEqual([['x/a.ts', 'y/b.ts']]);
  });

  it('counts an import with inline type names as a run-time import', () => {
    const files = madeUp({
      'a.ts': "import { type B } from './b.ts'",
      'b.ts': "import { a } from './a.ts'",
    });
    expect(runtimeCycles(files)).toEqual([['a.ts', 'b.ts']]);
  });

  it('detects a file that no entry imports', () => {
    const files = madeUp({
      'index.ts': "export type { A } from './a.ts'",
      'a.ts': '',
      'dead.ts': "import { a } from './a.ts'",
    });
    expect(unreachable(files, ['index.ts'])).toEqual(['dead.ts']);
  });
});

describe('the facts about a file', () => {
  it('include `any`, but only in types', () => {
    const facts = sourceFacts('a.ts', 'const any = 1;\nlet x: any;\nfoo<any[]>(any); // any\n');
    expect(facts.anyLines).toEqual([2, 3]);
  });

  it('include comments that disable the type checker', () => {
    expect(sourceFacts('a.ts', '\n// @ts-ignore\n/* @ts-expect-error */\n').suppressedLines).toEqual([2, 3]);
  });

  it('include the globals of Node.js, and not other uses of their names', () => {
    expect(sourceFacts('a.ts', 'x.process(); const y = { process: 1 };').nodeGlobals).toEqual([]);
    const text = 'process.env; x instanceof Buffer; setImmediate(f); let b: Buffer;';
    expect(sourceFacts('a.ts', text).nodeGlobals).toEqual(['process', 'Buffer', 'setImmediate']);
  });
});
