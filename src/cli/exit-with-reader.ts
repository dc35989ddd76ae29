import { exitCodes } from './exit-codes.ts';

/** Ends the process when nobody reads its answers any more, as in `memstore top | head -3`. */
export function exitWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.failed);
  });
}
