import { verbs } from './verbs/verbs.ts';

const MAX_SLIPS = 2;

/**
 * Returns the command that the user may have meant, if any. Its name starts with the typed word, or differs
 * from it by at most two typing errors. Never suggests a destructive command, because the user may have meant
 * a harmless one.
 */
export function suggestVerb(word: string): string | undefined {
  const typed = word.toUpperCase();
  const harmless = [...verbs.values()].filter(({ isDestructive }) => !isDestructive);
  const [best] = harmless
    .map(({ name }) => ({ name, slips: name.startsWith(typed) ? 0 : slipsBetween(typed, name) }))
    .filter(({ name, slips }) => slips <= Math.min(MAX_SLIPS, name.length - 1))
    .sort((a, b) => a.slips - b.slips);
  return best?.name;
}

/** Returns the Levenshtein distance between two words. */
function slipsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...a].entries()) {
    const line = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const replaced = (above[column] ?? 0) + Number(letter !== other);
      line.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1));
    }
    above = line;
  }
  return above[b.length] ?? 0;
}
