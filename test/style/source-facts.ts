import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

/** One import, re-export, dynamic import or `import('…')` type. */
export interface ImportFact {
  /** A relative import as a path from the root of the sources, any other import as its bare specifier. */
  readonly target: string;
  readonly relative: boolean;
  /** Whether the import exists only for the type checker, and disappears at run time. */
  readonly typeOnly: boolean;
}

/** The facts about one source file that the style rules check. */
export interface SourceFacts {
  /** The path from the root of the sources, with forward slashes. */
  readonly path: string;
  readonly imports: readonly ImportFact[];
  /** Lines on which `any` is written as a type. */
  readonly anyLines: readonly number[];
  /** Lines with a comment that disables the type checker. */
  readonly suppressedLines: readonly number[];
  /** Globals of Node.js that the file uses. */
  readonly nodeGlobals: readonly string[];
}

const nodeGlobalNames: ReadonlySet<string> = new Set([
  'Buffer',
  'process',
  'global',
  'require',
  'setImmediate',
  'clearImmediate',
  '__dirname',
  '__filename',
]);

export function readSources(root: string): SourceFacts[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => sourceFacts(path, readFileSync(join(root, path), 'utf8')));
}

export function sourceFacts(path: string, text: string): SourceFacts {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: ImportFact[] = [];
  const anyLines: number[] = [];
  const nodeGlobals = new Set<string>();
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found) imports.push(importFact(path, found.specifier, found.typeOnly));
    if (node.kind === ts.SyntaxKind.AnyKeyword) anyLines.push(lineOf(node.getStart()));
    if (ts.isIdentifier(node) && nodeGlobalNames.has(node.text) && isReference(node))
      nodeGlobals.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const suppressedLines = text
    .split('\n')
    .flatMap((line, index) => (/@ts-(ignore|nocheck|expect-error)/.test(line) ? [index + 1] : []));
  return { path, imports, anyLines, suppressedLines, nodeGlobals: [...nodeGlobals] };
}

function importOf(node: ts.Node): { specifier: string; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { specifier: node.moduleSpecifier.text, typeOnly };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { literal } = node.argument;
    return ts.isStringLiteral(literal) ? { specifier: literal.text, typeOnly: true } : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    // A computed specifier cannot be checked. No package has this name, so the import is reported.
    return {
      specifier: argument && ts.isStringLiteral(argument) ? argument.text : '<computed>',
      typeOnly: false,
    };
  }
  return undefined;
}

function importFact(from: string, specifier: string, typeOnly: boolean): ImportFact {
  const relative = specifier.startsWith('.');
  const target = relative ? posix.join(posix.dirname(from), specifier) : specifier;
  return { target, relative, typeOnly };
}

// A property or a declaration may be called `process`. Only names that refer to the global count.
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  return (
    ts.isCallExpression(parent) ||
    ts.isBinaryExpression(parent) ||
    ts.isNewExpression(parent) ||
    ts.isTypeOfExpression(parent) ||
    ts.isTypeReferenceNode(parent)
  );
}
