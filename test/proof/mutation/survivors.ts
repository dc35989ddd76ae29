import type ts from 'typescript';
import { parse, symbolsIn } from '../symbols/source-symbols.ts';
import type { BySymbol, Counts } from './explained.ts';

/** The part of Stryker's report that is needed (its mutation testing report schema). */
export interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Both numbers start at 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** The report on one file. */
export interface FileReport {
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

/** A mutant that no test has noticed. */
export interface Survivor {
  readonly file: string;
  readonly line: number;
  readonly symbol: string;
  /** See `Counts`. */
  readonly kind: string;
  /** The replaced code and its replacement, each on one line. */
  readonly change: string;
}

export function isSurvivor({ status }: Mutant): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

/** Returns the mutants of a file that no test has noticed. */
export function survivorsIn(file: string, { source, mutants }: FileReport): Survivor[] {
  const parsed = parse(file, source);
  const symbols = symbolsIn(parsed);
  return mutants.filter(isSurvivor).map(({ mutatorName, replacement = '', location }) => {
    const start = offsetOf(parsed, location.start);
    const code = source.slice(start, offsetOf(parsed, location.end));
    return {
      file,
      line: location.start.line,
      symbol: symbols.find(({ node }) => node.getStart() <= start && start < node.getEnd())?.name ?? '',
      kind: replacement === 'true' || replacement === 'false' ? replacement : mutatorName,
      change: `${onOneLine(code)} → ${onOneLine(replacement)}`,
    };
  });
}

function offsetOf(source: ts.SourceFile, { line, column }: Position): number {
  return source.getPositionOfLineAndCharacter(line - 1, column - 1);
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The survivors of one symbol and kind, if more survive than are explained. */
export interface Unexplained {
  readonly explained: number;
  readonly survivors: readonly Survivor[];
}

/** Survivors in two groups: the explained ones, counted by symbol, and all others. */
export interface Explanation {
  readonly byReason: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly unexplained: readonly Unexplained[];
}

/** Compares the survivors with the explained numbers. */
export function explain(
  survivors: readonly Survivor[],
  explained: Readonly<Record<string, BySymbol>>,
): Explanation {
  const byReason = new Map(Object.keys(explained).map((reason) => [reason, new Map<string, number>()]));
  const unexplained: Unexplained[] = [];
  for (const group of groups(survivors)) {
    const [{ symbol, kind }] = group;
    const allowed = Object.entries(explained).map(
      ([reason, bySymbol]) => [reason, countOf(bySymbol[symbol], kind)] as const,
    );
    const total = allowed.reduce((sum, [, count]) => sum + count, 0);
    if (group.length > total) unexplained.push({ explained: total, survivors: group });
    let left = Math.min(group.length, total);
    for (const [reason, count] of allowed) {
      const used = Math.min(left, count);
      left -= used;
      const counts = byReason.get(reason);
      if (used > 0) counts?.set(symbol, (counts.get(symbol) ?? 0) + used);
    }
  }
  return { byReason, unexplained };
}

function countOf(counts: Counts | undefined, kind: string): number {
  return new Map(Object.entries(counts ?? {})).get(kind) ?? 0;
}

type Group = [first: Survivor, ...others: Survivor[]];

function groups(survivors: readonly Survivor[]): Group[] {
  const found = new Map<string, Group>();
  for (const survivor of survivors) {
    const name = `${survivor.symbol} ${survivor.kind}`;
    const group = found.get(name);
    if (group === undefined) found.set(name, [survivor]);
    else group.push(survivor);
  }
  return [...found.values()];
}
