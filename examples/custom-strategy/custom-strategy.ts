/*
 * A custom cache strategy, which decides what the store keeps: here the latest written entries (see
 * newest.ts). Shards, locks and journal can be replaced in the same way, by an object that implements their
 * contract. memstore-tx/testing has conformance suites, which check the built-in strategies and can check
 * yours. In your project, run them with your own test runner:
 *
 *     import { describe, it } from 'vitest';
 *     cacheSuite('newest', () => newest({ max: 100 }), { describe, it }, { accounts: 'entries' });
 */
import { MemStore } from 'memstore-tx';
import { cacheSuite } from 'memstore-tx/testing';
import { newest } from './newest.ts';
import { TestRunner } from './test-runner.ts';

const runner = new TestRunner();
cacheSuite('newest', () => newest({ max: 100 }), runner, { accounts: 'entries' });
console.log(`newest() fulfils the contract of a cache strategy: ${await runner.run()} tests passed`);

interface Feed {
  [post: `post:${number}`]: { readonly text: string };
}

await using store = new MemStore<Feed>({ cache: newest({ max: 3 }) });
store.on('evict', ({ key }) => console.log(`${key} has left the feed`));

for (let n = 1; n <= 3; n++) await store.put(`post:${n}`, { text: `This is post ${n}.` });

// Reading a post does not keep it, but writing it again does. The store skips a post that a transaction has
// locked.
await store.get('post:1');
await store.put('post:2', { text: 'This is post 2, corrected.' });
const editor = await store.begin();
await editor.getForUpdate('post:3');
await store.put('post:4', { text: 'This is post 4.' });
await store.put('post:5', { text: 'This is post 5.' });
await editor.commit();

const left: string[] = [];
for await (const [key] of store.entries()) left.push(key);
console.log('in the feed:', left.join(', '));
if (left.join() !== 'post:3,post:4,post:5')
  throw new Error(`newest() must keep posts 3, 4 and 5, but the feed has ${left.join()}.`);
