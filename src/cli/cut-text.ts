import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** More code units than a column has, even if its letter has many combining marks. */
const MAX_UNITS_PER_COLUMN = 16;
const CONTROLS = /\p{Cc}/gu;
const DIRECTIONS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Returns foreign text as one line for a terminal. Escapes control and direction characters. */
export function visibleText(text: string): string {
  return visibleLines(text).replace(CONTROLS, escaped);
}

/** Escapes direction characters only: for text whose line ends and colours are our own. */
export function visibleLines(text: string): string {
  return text.replace(DIRECTIONS, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Cuts a line, which may have colours, to a number of columns. */
export function cutLine(line: string, columns: number): string {
  const cut = sliceAnsi(line, 0, columns);
  // A letter that takes two columns may begin in the last one.
  return stringWidth(cut) <= columns ? cut : sliceAnsi(line, 0, columns - 1);
}

/** Returns foreign text as one line, cut to a number of columns. */
export function cutText(text: string, columns: number): string {
  const most = MAX_UNITS_PER_COLUMN * columns;
  const visible = visibleText(text.slice(0, most));
  if (text.length <= most && stringWidth(visible) <= columns) return visible;
  return columns < 1 ? '' : `${cutLine(visible, columns - 1)}…`;
}
