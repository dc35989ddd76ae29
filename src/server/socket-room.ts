import type { Socket } from 'node:net';

/**
 * Returns the number of bytes that may still be written to a socket. The limit is at least the high-water
 * mark, because below that mark the socket emits no `drain`.
 */
export function roomIn({ writableLength, writableHighWaterMark }: Socket, maxBytes: number): number {
  return Math.max(maxBytes, writableHighWaterMark) - writableLength;
}

/**
 * Returns the number of unsent bytes in a socket, or 0 if they are so few that the socket will emit no
 * `drain`.
 */
export function unsentIn({ writableLength, writableHighWaterMark }: Socket): number {
  return writableLength > writableHighWaterMark ? writableLength : 0;
}
