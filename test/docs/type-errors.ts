import { dirname } from 'node:path';
import ts from 'typescript';

/**
 * Type-checks TypeScript and JavaScript files with the options of a tsconfig, and returns the errors of each
 * file by its path. Exports need no type annotations here, because no other file imports a code block.
 */
export function typeErrors(
  paths: readonly string[],
  tsconfig: string,
): ReadonlyMap<string, readonly string[]> {
  const { config } = ts.readConfigFile(tsconfig, ts.sys.readFile) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, dirname(tsconfig));
  const program = ts.createProgram(paths, {
    ...options,
    allowJs: true,
    checkJs: true,
    declaration: false,
    isolatedDeclarations: false,
    noEmit: true,
    moduleDetection: ts.ModuleDetectionKind.Force,
  });
  return new Map(paths.map((path) => [path, errorsOf(program, path)]));
}

function errorsOf(program: ts.Program, path: string): string[] {
  const source = program.getSourceFile(path);
  return ts.getPreEmitDiagnostics(program, source).map(({ messageText, start, file }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `line ${line} of the block: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
