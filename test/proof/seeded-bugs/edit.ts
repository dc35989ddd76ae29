import ts from 'typescript';
import { type Implementation, parse, type Sources, symbolsIn } from '../symbols/source-symbols.ts';

/**
 * One change of the sources. The edit names a symbol and a piece of that symbol, instead of a text. So the
 * edit still applies after the symbol moves to another file, a local variable is renamed, or other code of
 * the function changes.
 */
export interface Edit {
  /** A function, or `Class.member`. It is looked up in all of `src/`. */
  readonly symbol: string;
  /**
   * The piece to replace. NAME is a name that this piece uses, and no other piece of the symbol:
   *
   * - `body`: all statements of the function
   * - `statement with NAME`: the innermost statement
   * - `condition with NAME`: the condition of an `if`, a loop or a `? :`, or one operand of its `&&` and `||`
   * - `expression with NAME`: the call of the function NAME, or the read of the property NAME
   */
  readonly at: 'body' | `${PieceKind} with ${string}`;
  /**
   * The code that replaces the piece. In it `$0` stands for the piece, `$1` for the first parameter of the
   * function, `$2` for the second. If NAME is a member, `$object` stands for its object. If NAME is called,
   * `$arguments` stands for the arguments.
   */
  readonly becomes: string;
}

type PieceKind = 'statement' | 'condition' | 'expression';

/** Thrown when a symbol or a piece of it is not found, or found more than once. */
export class EditError extends Error {}

/** Makes the edit. Returns the path and the new text of the file that has the symbol. */
export function applyEdit(sources: Sources, edit: Edit): [path: string, text: string] {
  const { path, text, implementation } = findSymbol(sources, edit.symbol);
  const { node, expression } = findPiece(implementation.body, edit);
  // The braces of a body stay.
  const brace = edit.at === 'body' ? 1 : 0;
  const [start, end] = [node.getStart() + brace, node.getEnd() - brace];
  const parts = { ...parametersOf(implementation), ...partsOf(expression), 0: text.slice(start, end) };
  const code = fillIn(edit, parts);
  const isAlone = edit.at.startsWith('statement') && !ts.isBlock(node.parent);
  return [path, text.slice(0, start) + (isAlone ? `{ ${code} }` : code) + text.slice(end)];
}

interface Found {
  readonly path: string;
  readonly text: string;
  readonly implementation: Implementation;
}

function findSymbol(sources: Sources, name: string): Found {
  const words = name.split('.');
  const found: Found[] = [];
  for (const [path, text] of sources) {
    // Only files with all words of the name are parsed, because parsing takes much longer than looking for a
    // word.
    if (!words.every((word) => text.includes(word))) continue;
    for (const { name: other, implementation } of symbolsIn(parse(path, text)))
      if (other === name && implementation !== undefined) found.push({ path, text, implementation });
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const places = found.map(({ path }) => path).join(', ');
  throw new EditError(found.length === 0 ? `src/ has no function ${name}` : `${name} is in ${places}`);
}

interface Piece {
  readonly node: ts.Node;
  /** The expression with the name, for which `$object` and `$arguments` stand. */
  readonly expression: ts.Node;
}

function findPiece(body: ts.Node, { symbol, at }: Edit): Piece {
  if (at === 'body') return { node: body, expression: body };
  const [kind, , name] = at.split(' ') as [PieceKind, 'with', string];
  const pieces = new Map<ts.Node, Piece>();
  const visit = (node: ts.Node): void => {
    const isUse = (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) && node.text === name;
    const piece = isUse ? PIECE_OF[kind](node) : undefined;
    if (piece !== undefined) pieces.set(piece, { node: piece, expression: PIECE_OF.expression(node) });
    ts.forEachChild(node, visit);
  };
  visit(body);
  const [only] = pieces.values();
  if (only !== undefined && pieces.size === 1) return only;
  throw new EditError(`${symbol} has ${pieces.size === 0 ? 'no' : `${pieces.size} of`} "${at}"`);
}

const PIECE_OF = {
  statement: (use: ts.Node): ts.Node | undefined =>
    ts.findAncestor(use, (node) => ts.isStatement(node) && !ts.isBlock(node)),
  condition: (use: ts.Node): ts.Node | undefined =>
    ts.findAncestor(use, (node) => isCondition(node) || (ts.isStatement(node) && 'quit')),
  expression(use: ts.Node): ts.Node {
    const isMember = ts.isPropertyAccessExpression(use.parent) && use.parent.name === use;
    const access = isMember ? use.parent : use;
    const isCalled = ts.isCallExpression(access.parent) && access.parent.expression === access;
    return isCalled ? access.parent : access;
  },
};

function isCondition(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) {
    const operator = parent.operatorToken.kind;
    return operator === ts.SyntaxKind.AmpersandAmpersandToken || operator === ts.SyntaxKind.BarBarToken;
  }
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent) || ts.isDoStatement(parent))
    return parent.expression === node;
  return (ts.isConditionalExpression(parent) || ts.isForStatement(parent)) && parent.condition === node;
}

type Parts = Readonly<Record<string, string>>;

function parametersOf({ parameters }: Implementation): Parts {
  return Object.fromEntries(parameters.map(({ name }, index) => [index + 1, name.getText()]));
}

function partsOf(expression: ts.Node): Parts {
  const access = ts.isCallExpression(expression) ? expression.expression : expression;
  return {
    ...(ts.isPropertyAccessExpression(access) && { object: access.expression.getText() }),
    ...(ts.isCallExpression(expression) && { arguments: argumentsOf(expression) }),
  };
}

function argumentsOf({ arguments: list }: ts.CallExpression): string {
  return list.map((argument) => argument.getText()).join(', ');
}

function fillIn({ symbol, at, becomes }: Edit, parts: Parts): string {
  return becomes.replace(/\$(\w+)/g, (placeholder, part: string) => {
    const text = parts[part];
    if (text === undefined) throw new EditError(`${symbol} has no ${placeholder} at ${at}`);
    return text;
  });
}
