import { CommanderError } from 'commander';
import { createProgram } from './create-program.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { writeError } from './wrap-text.ts';

/** Runs the command in the arguments. Returns its exit status. */
export async function runCli(args: readonly string[]): Promise<number> {
  let status: number = exitCodes.ok;
  const program = createProgram((result) => {
    status = result;
  });
  try {
    if (args.length > 0) await program.parseAsync(args, { from: 'user' });
    else if (process.stdin.isTTY && process.stdout.isTTY) status = await showMenu();
    else program.help({ error: true });
    return status;
  } catch (error) {
    // Commander has already printed the error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (!(error instanceof CliError)) throw error;
    writeError(`memstore: ${error.message}`);
    return error.exitCode;
  }
}

async function showMenu(): Promise<number> {
  const { runMenu } = await import('./run-menu.ts');
  return runMenu();
}
