import type { Socket } from 'node:net';

/**
 * Returns how many bytes more a socket may be given to write. The least limit is its high-water mark, because
 * below it the socket emits no `drain`.
 */
export function roomIn({ writableLength, writableHighWaterMark }: Socket, maxBytes: number): number {
  return Math.max(maxBytes, writableHighWaterMark) - writableLength;
}

/** Returns the bytes that wait in a socket, or 0 if they are so few that it will emit no `drain`. */
export function unsentIn({ writableLength, writableHighWaterMark }: Socket): number {
  return writableLength > writableHighWaterMark ? writableLength : 0;
}
