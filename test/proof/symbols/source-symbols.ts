import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * A named piece of a source: a function, a constant, or a member of a class. Its name is `function`,
 * `Class.member` or `Class.#member`. Proofs find code by this name, so they still find it after it moves to
 * another file or the code around it changes.
 */
export interface SourceSymbol {
  readonly name: string;
  readonly node: ts.Node;
  /** The implementation, or `undefined` for a symbol that is not a function. */
  readonly implementation: Implementation | undefined;
}

export interface Implementation {
  readonly parameters: readonly ts.ParameterDeclaration[];
  readonly body: ts.Node;
}

/** The source texts by path. */
export type Sources = ReadonlyMap<string, string>;

/** Reads all source files below `src/`. The paths start with `src/`. */
export function readSources(root: string): Map<string, string> {
  const paths = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => path.endsWith('.ts')).sort();
  return new Map(files.map((path) => [`src/${path}`, readFileSync(`${root}src/${path}`, 'utf8')]));
}

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/**
 * Returns the symbols of a source: the top-level declarations of the file, and the members of its classes.
 */
export function symbolsIn(source: ts.SourceFile): SourceSymbol[] {
  return source.statements.flatMap((statement) => {
    if (ts.isClassDeclaration(statement) && statement.name) {
      const className = statement.name.text;
      return statement.members.map((member) => symbol(`${className}.${memberName(member)}`, member));
    }
    if (ts.isFunctionDeclaration(statement) && statement.name) return symbol(statement.name.text, statement);
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map((node) => symbol(node.name.getText(), node));
    }
    return [];
  });
}

function memberName(member: ts.ClassElement): string {
  if (member.name !== undefined) return member.name.getText();
  return ts.isConstructorDeclaration(member) ? 'constructor' : 'static';
}

function symbol(name: string, node: ts.Node): SourceSymbol {
  return { name, node, implementation: implementationOf(node) };
}

function implementationOf(node: ts.Node): Implementation | undefined {
  const isHolder = ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node);
  const holder = isHolder ? node.initializer : node;
  if (holder === undefined || !ts.isFunctionLike(holder) || !('body' in holder)) return undefined;
  const { parameters, body } = holder;
  return body === undefined ? undefined : { parameters: [...parameters], body };
}
