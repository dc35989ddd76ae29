import { existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { MemStoreError, type ServerOptions } from '../../index.ts';
import { CliError, exitCodes } from '../exit-codes.ts';

/** Returns the error for a server that cannot start, with its exit status. */
export function listenError(error: unknown, { path, port }: ServerOptions): CliError {
  if (error instanceof MemStoreError) return new CliError(error.message, exitCodes.usage);
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  const reason = (path === undefined ? ofPort(code, port) : ofPath(code, path)) ?? message;
  return new CliError(`The server cannot listen: ${reason}`, exitCodes.cannotListen);
}

function ofPort(code: string, port: number | undefined): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use. Is one running already?`;
    case 'EACCES':
      return `this user may not use port ${port}.`;
    case 'EADDRNOTAVAIL':
      return 'this machine does not have the address of --host.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name of --host has no address.';
    default:
      return undefined;
  }
}

function ofPath(code: string, path: string): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false
        ? `${path} is there already, and is no socket.`
        : `${path} is in use. Is one running already?`;
    // The system says so too when the directory is missing.
    case 'EACCES':
      return existsSync(dirname(path))
        ? `this user may not make a socket ${path}.`
        : `there is no directory ${dirname(path)}.`;
    default:
      return undefined;
  }
}
