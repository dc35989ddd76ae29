import { existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { MemStoreError, type ServerOptions } from '../../index.ts';
import { CliError, exitCodes } from '../exit-codes.ts';

/** Returns the error for a server that cannot start, with the exit status. */
export function listenError(error: unknown, { path, port }: ServerOptions): CliError {
  if (error instanceof MemStoreError) return new CliError(error.message, exitCodes.usage);
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  const reason = (path === undefined ? ofPort(code, port) : ofPath(code, path)) ?? message;
  return new CliError(`The server cannot listen: ${reason}`, exitCodes.cannotListen);
}

function ofPort(code: string, port: number | undefined): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use. Is another server running?`;
    case 'EACCES':
      return `this user has no permission to use port ${port}.`;
    case 'EADDRNOTAVAIL':
      return 'the address in --host does not belong to this machine.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name in --host cannot be resolved.';
    default:
      return undefined;
  }
}

function ofPath(code: string, path: string): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false
        ? `${path} already exists and is not a socket.`
        : `${path} is already in use. Is another server running?`;
    // The system reports EACCES also if the directory is missing.
    case 'EACCES':
      return existsSync(dirname(path))
        ? `this user has no permission to create the socket ${path}.`
        : `the directory ${dirname(path)} does not exist.`;
    default:
      return undefined;
  }
}
