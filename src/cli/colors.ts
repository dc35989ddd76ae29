import type { WriteStream } from 'node:tty';
import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for what goes to this stream: none unless it is a terminal, or as `NO_COLOR` and `FORCE_COLOR` ask. */
export function colorsFor(stream: Pick<WriteStream, 'isTTY'>): Colors {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = process.env;
  const isWanted = FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  return picocolors.createColors(NO_COLOR === '' && (isWanted || (stream.isTTY === true && TERM !== 'dumb')));
}
