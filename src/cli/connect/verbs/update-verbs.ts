import type { ClearOptions, UpdateOptions } from '../../../index.ts';
import { OK } from '../answer.ts';
import type { TypedWords } from '../typed-words.ts';
import { scopeOf, type VerbCodes } from '../verb.ts';

/** The commands that read and write entries in one. */
export const updateVerbs: VerbCodes = {
  INCREMENT: {
    async run(words, context) {
      const key = words.text();
      const by = words.step();
      const ttl: UpdateOptions = words.skip('TTL')
        ? { ttl: words.countOrInfinity() }
        : words.skip('INITIALTTL')
          ? { initialTtl: words.countOrInfinity() }
          : {};
      words.end();
      const options = { ...context.wait, ...ttl };
      // The overloads take one type of number each.
      return { kind: 'value', value: await scopeOf(context).increment(key, by as number, options) };
    },
  },
  TAKE: {
    async run(words, context) {
      const key = words.text();
      words.end();
      return { kind: 'value', value: await scopeOf(context).take(key, context.wait) };
    },
  },
  PUTIFABSENT: {
    async run(words, context) {
      const [key, value] = [words.text(), words.text()];
      const ttl = words.skip('TTL') ? words.countOrInfinity() : undefined;
      words.end();
      const isPut = await scopeOf(context).putIfAbsent(key, value, { ...context.wait, ttl });
      return { kind: 'count', of: 'written', count: Number(isPut) };
    },
  },
  REPLACE: {
    async run(words, context) {
      const [key, value] = [words.text(), words.text()];
      words.end();
      await scopeOf(context).update(key, () => value, context.wait);
      return OK;
    },
  },
  SETTTL: {
    async run(words, context) {
      const [key, ttl] = [words.text(), words.countOrInfinity()];
      words.end();
      const isThere = await scopeOf(context).touch(key, { ...context.wait, ttl });
      return { kind: 'count', of: 'written', count: Number(isThere) };
    },
  },
  CLEAR: {
    async run(words, context) {
      const range: { -readonly [K in keyof ClearOptions]: ClearOptions[K] } = {};
      while (words.left > 0) if (!readBound(words, range)) throw words.misuse();
      const count = await scopeOf(context).clear({ ...range, ...context.wait });
      return { kind: 'count', of: 'deleted', count };
    },
  },
};

/** Reads one bound of a range. Returns false if the next word is none. */
export function readBound(
  words: TypedWords,
  range: { -readonly [K in keyof ClearOptions]: ClearOptions[K] },
): boolean {
  if (words.skip('PREFIX')) range.prefix = words.text();
  else if (words.skip('GT')) range.gt = words.text();
  else if (words.skip('GTE')) range.gte = words.text();
  else if (words.skip('LT')) range.lt = words.text();
  else if (words.skip('LTE')) range.lte = words.text();
  else return false;
  return true;
}
