import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** More than a column has, be there ever so many marks on its letter. */
const MOST_UNITS_PER_COLUMN = 16;
const CONTROLS = /\p{Cc}/gu;
const DIRECTIONS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** What others have put, as one line on a terminal: what it would obey instead of showing is written as an escape. */
export function visibleText(text: string): string {
  return visibleLines(text).replace(CONTROLS, escaped);
}

/** The same for text whose line ends and colours are our own. */
export function visibleLines(text: string): string {
  return text.replace(DIRECTIONS, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A line, perhaps with colours, cut to so many columns. */
export function cutLine(line: string, columns: number): string {
  const cut = sliceAnsi(line, 0, columns);
  // A letter of two columns may begin in the last one.
  return stringWidth(cut) <= columns ? cut : sliceAnsi(line, 0, columns - 1);
}

/** What others have put, cut to so many columns. */
export function cutText(text: string, columns: number): string {
  const most = MOST_UNITS_PER_COLUMN * columns;
  const visible = visibleText(text.slice(0, most));
  if (text.length <= most && stringWidth(visible) <= columns) return visible;
  return columns < 1 ? '' : `${cutLine(visible, columns - 1)}…`;
}
