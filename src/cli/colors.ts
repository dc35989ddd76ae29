import type { WriteStream } from 'node:tty';
import picocolors from 'picocolors';

export type Colors = ReturnType<typeof picocolors.createColors>;

/**
 * Returns the colour functions for a stream. They colour text only on a terminal, unless `NO_COLOR` or
 * `FORCE_COLOR` is set.
 */
export function colorsFor(stream: Pick<WriteStream, 'isTTY'>): Colors {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = process.env;
  const isWanted = FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  return picocolors.createColors(NO_COLOR === '' && (isWanted || (stream.isTTY === true && TERM !== 'dumb')));
}
