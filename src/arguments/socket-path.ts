import { invalidOption } from './check-options.ts';

/**
 * Returns the maximum length of a socket path in bytes on a platform of Node. The system would truncate a
 * longer path and use a different socket.
 */
function mostBytes(platform: string): number {
  if (platform === 'win32') return Number.POSITIVE_INFINITY;
  return platform === 'linux' ? 107 : 103;
}

/**
 * Checks the path of a Unix socket.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkSocketPath(path: unknown, platform: string): void {
  if (typeof path !== 'string' || path === '') throw invalidOption('path', 'the path of a Unix socket', path);
  const most = mostBytes(platform);
  if (Buffer.byteLength(path) > most) throw invalidOption('path', `at most ${most} bytes long`, path);
}
