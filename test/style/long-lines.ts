import ts from 'typescript';

const MAX_COLUMNS = 110;

/**
 * Returns the numbers of the lines that are longer than 110 columns although they could break. A table row
 * and a line with nothing but a URL cannot break. Strings and regular expressions do not count.
 */
export function longLines(path: string, text: string): number[] {
  // Few files have such a line, and only those files are parsed.
  if (!text.split('\n').some((line) => line.length > MAX_COLUMNS)) return [];
  const isCode = /\.[cm]?[jt]s$/.test(path);
  const literals = isCode ? literalColumns(path, text) : new Map<number, number>();
  const isMarkdown = path.endsWith('.md');
  return text.split('\n').flatMap((line, index) => {
    const isTableRow = isMarkdown && line.startsWith('|');
    const isUrl = /^[^\w]*\S*https?:\S+$/.test(line);
    const columns = line.length - (literals.get(index) ?? 0);
    return columns > MAX_COLUMNS && !isTableRow && !isUrl ? [index + 1] : [];
  });
}

/** Returns the number of columns that literals take, by line. The formatter never breaks a literal. */
function literalColumns(path: string, text: string): Map<number, number> {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lines = text.split('\n');
  const columns = new Map<number, number>();
  const visit = (node: ts.Node): void => {
    if (!isLiteral(node)) {
      ts.forEachChild(node, visit);
      return;
    }
    const first = source.getLineAndCharacterOfPosition(node.getStart());
    const last = source.getLineAndCharacterOfPosition(node.end);
    for (let line = first.line; line <= last.line; line++) {
      const from = line === first.line ? first.character : 0;
      const to = line === last.line ? last.character : (lines[line]?.length ?? 0);
      columns.set(line, (columns.get(line) ?? 0) + to - from);
    }
  };
  visit(source);
  return columns;
}

function isLiteral(node: ts.Node): boolean {
  return ts.isStringLiteral(node) || ts.isTemplateLiteral(node) || ts.isRegularExpressionLiteral(node);
}
