import { join } from 'node:path';
import ts from 'typescript';

/** One declaration that users of the package can see, or one overload of it. */
export interface PublicDeclaration {
  /** The name, as in `Store.put` or `lru`. The name of an overload after the first ends with its number. */
  readonly name: string;
  /** The file and the line. */
  readonly place: string;
  /** Whether the declaration has its own docstring or inherits one. */
  readonly isDescribed: boolean;
  readonly needsExample: boolean;
  readonly hasExample: boolean;
  /** Whether users call the declaration, so that its docstring lists the errors. */
  readonly needsErrors: boolean;
  /** Whether the docstring names an error code after `@throws`, or says that it never throws or rejects. */
  readonly hasErrors: boolean;
  /** Whether this is an option that may be absent. */
  readonly needsDefault: boolean;
  readonly hasDefault: boolean;
}

/** Interfaces whose methods users call. Users implement or only read all other interfaces. */
const calledInterfaces: ReadonlySet<string> = new Set([
  'Store',
  'Updates',
  'EntryIterator',
  'ReadTransaction',
  'Transaction',
  'MemStoreServer',
]);

/** Returns the compiler options of the project. */
export function projectOptions(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as {
    config: { compilerOptions: object };
  };
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, root).options;
}

/** Lists the exports of the entries, with the public members of their classes and interfaces. */
export function publicDeclarations(program: ts.Program, entries: readonly string[]): PublicDeclaration[] {
  const checker = program.getTypeChecker();
  const found = new Map<ts.Declaration, PublicDeclaration>();
  for (const symbol of entries.flatMap((entry) => exportsOf(program, entry))) {
    for (const [name, member] of [[symbol.name, symbol] as const, ...membersOf(symbol)]) {
      for (const [index, declaration] of visibleDeclarations(member).entries()) {
        const overload = index === 0 ? name : `${name} (overload ${index + 1})`;
        found.set(declaration, describeDeclaration(checker, overload, member, declaration));
      }
    }
  }
  return [...found.values()];
}

/** Returns the symbols that an entry exports, resolved to their declarations. */
export function exportsOf(program: ts.Program, entry: string): ts.Symbol[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${entry} exports nothing`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}

/** Returns the path from the root of the project and the line, as in `src/core.ts:7`. */
export function placeOf(node: ts.Node, position: number): string {
  const { fileName, text } = node.getSourceFile();
  const line = text.slice(0, position).split('\n').length;
  return `${fileName.slice(fileName.lastIndexOf('/src/') + 1)}:${line}`;
}

function describeDeclaration(
  checker: ts.TypeChecker,
  name: string,
  symbol: ts.Symbol,
  declaration: ts.Declaration,
): PublicDeclaration {
  // The docstring of a signature belongs to one overload, that of a symbol to all. Both inherit from base
  // types.
  const signature = ts.isFunctionLike(declaration)
    ? checker.getSignatureFromDeclaration(declaration)
    : undefined;
  const described = signature ?? symbol;
  const description = ts.displayPartsToString(described.getDocumentationComment(checker)).trim();
  const allTags = described.getJsDocTags(checker);
  const tags = new Set(allTags.map((tag) => tag.name));
  return {
    name,
    place: placeOf(declaration, declaration.getStart()),
    isDescribed: description !== '',
    needsExample: needsExample(declaration),
    hasExample: tags.has('example'),
    needsErrors: needsErrors(declaration),
    hasErrors: /\bnever (throws|rejects)\b/i.test(description) || allTags.some(namesErrorCode),
    needsDefault: isOption(declaration),
    hasDefault: tags.has('default'),
  };
}

function membersOf(symbol: ts.Symbol): [name: string, member: ts.Symbol][] {
  const hasMembers = (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0;
  const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
  const members = [
    ...(hasMembers ? (symbol.members?.values() ?? []) : []),
    ...(isClass ? (symbol.exports?.values() ?? []) : []),
  ];
  return members.map((member) => {
    const declaration = member.declarations?.[0];
    const name = declaration && ts.getNameOfDeclaration(declaration)?.getText();
    return [`${symbol.name}.${name ?? member.name}`, member];
  });
}

/** Returns the declarations of a symbol that a user can see: no private members, no implementation. */
function visibleDeclarations(symbol: ts.Symbol): ts.Declaration[] {
  const declarations = (symbol.declarations ?? []).filter((declaration) => {
    if (ts.isTypeParameterDeclaration(declaration)) return false;
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    const name = ts.getNameOfDeclaration(declaration);
    const isHidden = (ts.getCombinedModifierFlags(declaration) & hidden) !== 0;
    return !isHidden && !(name && ts.isPrivateIdentifier(name));
  });
  const overloads = declarations.filter((node) => !('body' in node) || node.body === undefined);
  return overloads.length > 0 && declarations.some(ts.isFunctionLike) ? overloads : declarations;
}

/** Returns whether users call or construct the declaration. Plain data and types need only a sentence. */
function needsExample(declaration: ts.Declaration): boolean {
  const { parent } = declaration;
  if (ts.isMethodSignature(declaration))
    return ts.isInterfaceDeclaration(parent) && calledInterfaces.has(parent.name.text);
  return (
    ts.isFunctionDeclaration(declaration) ||
    ts.isClassDeclaration(declaration) ||
    ts.isMethodDeclaration(declaration) ||
    ts.isConstructorDeclaration(declaration)
  );
}

/** Returns whether the docstring must list error codes. The test tools throw no `MemStoreError`. */
function needsErrors(declaration: ts.Declaration): boolean {
  if (ts.isClassDeclaration(declaration)) return false;
  return needsExample(declaration) && !declaration.getSourceFile().fileName.includes('/src/testing/');
}

function namesErrorCode({ name, text }: ts.JSDocTagInfo): boolean {
  return name === 'throws' && /\b[A-Z]{2,}(_[A-Z]+)*\b/.test(ts.displayPartsToString(text));
}

/** Returns whether this is an optional property of an interface that a user passes as options. */
function isOption(declaration: ts.Declaration): boolean {
  const { parent } = declaration;
  if (!ts.isPropertySignature(declaration) || !ts.isInterfaceDeclaration(parent)) return false;
  return (
    declaration.questionToken !== undefined && /(Options|Limits|Settings|Tls|Bounds)$/.test(parent.name.text)
  );
}
