import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';

/** Returns whether the path is a Unix socket without a listener, which a killed server leaves behind. */
export async function isAbandonedSocket(path: string): Promise<boolean> {
  // Never report another kind of file, because the server removes abandoned sockets.
  if (!(await lstat(path)).isSocket()) return false;
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
