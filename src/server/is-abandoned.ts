import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';

/** Whether the path is a Unix socket that nobody listens on, as a server leaves behind that was killed. */
export async function isAbandoned(path: string): Promise<boolean> {
  // Whatever else is there, such as a plain file, is none of a server's business.
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
