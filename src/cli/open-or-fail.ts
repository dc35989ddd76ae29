import { MemStoreError } from '../index.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';

/** Waits for a store to open; says why it does not, with the status that stands for it. @throws {CliError} */
export async function orOpenError<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw error instanceof MemStoreError ? new CliError(error.message, statusOf(error)) : error;
  }
}

function statusOf({ code }: MemStoreError): number {
  if (code === 'INVALID_OPTION') return exitCodes.usage;
  return code.startsWith('JOURNAL_') ? exitCodes.cannotOpen : exitCodes.cannotConnect;
}
