import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** The assumed maximum of code units per column. It allows for letters with many combining marks. */
const MAX_UNITS_PER_COLUMN = 16;
const CONTROLS = /\p{Cc}/gu;
const DIRECTIONS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Returns untrusted text as one line for a terminal. Escapes control characters and text-direction
 * characters.
 */
export function visibleText(text: string): string {
  return visibleLines(text).replace(CONTROLS, escaped);
}

/** Escapes only text-direction characters. Use it for text with our own line ends and colours. */
export function visibleLines(text: string): string {
  return text.replace(DIRECTIONS, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Cuts a line to a number of columns. The line may contain colour codes. */
export function cutLine(line: string, columns: number): string {
  const cut = sliceAnsi(line, 0, columns);
  // A letter that is two columns wide may begin in the last column.
  return stringWidth(cut) <= columns ? cut : sliceAnsi(line, 0, columns - 1);
}

/** Returns untrusted text as one line, cut to a number of columns. */
export function cutText(text: string, columns: number): string {
  const most = MAX_UNITS_PER_COLUMN * columns;
  const visible = visibleText(text.slice(0, most));
  if (text.length <= most && stringWidth(visible) <= columns) return visible;
  return columns < 1 ? '' : `${cutLine(visible, columns - 1)}…`;
}
