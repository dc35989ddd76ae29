import type { AnyRemoteStore } from '../open-remote.ts';
import type { OpenTransactions } from './open-transactions.ts';
import { verbs } from './verbs/verbs.ts';

const MAX_KEYS = 100;
/** Completion gives up after this time, because users expect Tab to respond quickly. */
const PATIENCE_MS = 1_000;

/** Returns the completions at the cursor and the part already typed, in the form that readline requires. */
export async function complete(
  line: string,
  store: AnyRemoteStore,
  transactions: OpenTransactions,
): Promise<[candidates: string[], typed: string]> {
  const [, before = '', typed = ''] = /^(.*?)(\S*)$/s.exec(line) ?? [];
  const [name = '', ...others] = before.trim().split(/\s+/);
  if (name === '') return [matching([...verbs.keys(), 'EXIT'], typed), typed];
  const verb = verbs.get(name.toUpperCase());
  if (verb === undefined) return [[], typed];
  const keywords = matching(verb.keywords, typed);
  switch (others.length === 0 ? verb.completes : undefined) {
    case 'keys':
      return [await keysFrom(typed, store), typed];
    case 'transactions':
      return [transactions.ids.map(String).filter((id) => id.startsWith(typed)), typed];
    case 'verbs':
      return [matching([...verbs.keys()], typed), typed];
    default:
      return [verb.name === 'MGET' ? await keysFrom(typed, store) : keywords, typed];
  }
}

/** Returns the candidates, each followed by a space. They are in lower case if the typed part is. */
function matching(words: readonly string[], typed: string): string[] {
  const isLower = typed !== '' && typed === typed.toLowerCase();
  return words
    .filter((word) => word.startsWith(typed.toUpperCase()))
    .map((word) => `${isLower ? word.toLowerCase() : word} `);
}

async function keysFrom(typed: string, store: AnyRemoteStore): Promise<string[]> {
  const prefix = typed.replace(/^["']/, '');
  const keys: string[] = [];
  try {
    const range = { prefix, limit: MAX_KEYS, signal: AbortSignal.timeout(PATIENCE_MS) };
    for await (const [key] of store.entries(range)) keys.push(`${quoteWord(key)} `);
  } catch {
    // On an error, offer no completions. The command itself will report the error.
  }
  return keys;
}

/** Returns a word in the form in which a user must type it, with quotes if needed. */
export function quoteWord(word: string): string {
  if (/^[^\s"'\p{Cc}][^\s"\p{Cc}]*$/u.test(word)) return word;
  const text = word
    .replace(/["\\]/g, '\\$&')
    .replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${text}"`;
}
