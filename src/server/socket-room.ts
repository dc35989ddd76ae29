import type { Socket } from 'node:net';

/**
 * How much more a socket may be given to write. Below its high-water mark it emits no `drain`, so that is the
 * least.
 */
export function roomIn({ writableLength, writableHighWaterMark }: Socket, maxBytes: number): number {
  return Math.max(maxBytes, writableHighWaterMark) - writableLength;
}

/** The bytes that wait in a socket, if they are so many that it emits `drain` when they have left. */
export function unsentIn({ writableLength, writableHighWaterMark }: Socket): number {
  return writableLength > writableHighWaterMark ? writableLength : 0;
}
