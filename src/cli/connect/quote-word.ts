/** A word as it has to be typed. */
export function quoteWord(word: string): string {
  if (/^[^\s"'\p{Cc}][^\s"\p{Cc}]*$/u.test(word)) return word;
  const text = word
    .replace(/["\\]/g, '\\$&')
    .replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${text}"`;
}
