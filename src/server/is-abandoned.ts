import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';

/** Returns whether the path is a Unix socket without a listener, as a killed server leaves it behind. */
export async function isAbandoned(path: string): Promise<boolean> {
  // The server must not remove anything else, such as a plain file.
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
