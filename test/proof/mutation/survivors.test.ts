import { describe, expect, it } from 'vitest';
import { parse, readSources, symbolsIn } from '../symbols/source-symbols.ts';
import { EXPLAINED } from './explained.ts';
import { mutatedFiles } from './mutated-files.ts';
import { explain, type FileReport, type Mutant, survivorsIn } from './survivors.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

const SOURCE = `
class Gate {
  pass(guest) {
    if (this.isOpen && guest.ticket > 0) return true;
    return this.list.has(guest);
  }
}
const limit = (n) => n > 10;
`;

/** Returns a mutant that replaces the first occurrence of a piece of code. */
function mutant(source: string, code: string, replacement: string, mutatorName: string): Mutant {
  const positionAt = (offset: number): { line: number; column: number } => {
    const lines = source.slice(0, offset).split('\n');
    return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
  };
  const start = source.indexOf(code);
  const location = { start: positionAt(start), end: positionAt(start + code.length) };
  return { status: 'Survived', mutatorName, replacement, location };
}

function report(source: string): FileReport {
  const condition = (code: string, to: string): Mutant => mutant(source, code, to, 'ConditionalExpression');
  return {
    source,
    mutants: [
      condition('this.isOpen', 'true'),
      condition('guest.ticket > 0', 'true'),
      mutant(source, 'guest.ticket > 0', 'guest.ticket >= 0', 'EqualityOperator'),
      { ...mutant(source, 'n > 10', 'n >= 10', 'EqualityOperator'), status: 'NoCoverage' },
      { ...condition('n > 10', 'false'), status: 'Killed' },
    ],
  };
}

const ENOUGH = {
  shortcut: { 'Gate.pass': { true: 1, EqualityOperator: 1 }, limit: { EqualityOperator: 1 } },
  guard: { 'Gate.pass': { true: 1 } },
};

describe('survivors', () => {
  it('are named by symbol and kind, with the code that was changed', () => {
    expect(survivorsIn('src/gate.ts', report(SOURCE))).toEqual([
      { file: 'src/gate.ts', line: 4, symbol: 'Gate.pass', kind: 'true', change: 'this.isOpen → true' },
      { file: 'src/gate.ts', line: 4, symbol: 'Gate.pass', kind: 'true', change: 'guest.ticket > 0 → true' },
      {
        file: 'src/gate.ts',
        line: 4,
        symbol: 'Gate.pass',
        kind: 'EqualityOperator',
        change: 'guest.ticket > 0 → guest.ticket >= 0',
      },
      { file: 'src/gate.ts', line: 8, symbol: 'limit', kind: 'EqualityOperator', change: 'n > 10 → n >= 10' },
    ]);
  });

  it('are explained up to the number of their symbol and kind', () => {
    const { byReason, unexplained } = explain(survivorsIn('src/gate.ts', report(SOURCE)), ENOUGH);
    expect(unexplained).toEqual([]);
    expect(byReason.get('shortcut')).toEqual(
      new Map([
        ['Gate.pass', 2],
        ['limit', 1],
      ]),
    );
    expect(byReason.get('guard')).toEqual(new Map([['Gate.pass', 1]]));
  });

  it('stay explained in another file, on other lines and with other names', () => {
    const moved = `// A gate.\n${SOURCE.replaceAll('guest', 'visitor').replace(' && ', '\n      && ')}`;
    const { mutants } = report(moved.replaceAll('visitor', 'guest'));
    const survivors = survivorsIn('src/other.ts', { source: moved, mutants });
    expect(explain(survivors, ENOUGH).unexplained).toEqual([]);
  });

  it('are not explained if one more survives in a symbol', () => {
    const survivors = survivorsIn('src/gate.ts', report(SOURCE));
    const { unexplained } = explain(survivors, { shortcut: ENOUGH.shortcut });
    expect(unexplained).toEqual([{ explained: 1, survivors: survivors.slice(0, 2) }]);
  });

  it('are not explained by another kind or another symbol', () => {
    const survivors = survivorsIn('src/gate.ts', report(SOURCE)).slice(3);
    const explained = { shortcut: { limit: { true: 1 }, 'Gate.pass': { EqualityOperator: 1 } } };
    expect(explain(survivors, explained).unexplained).toEqual([{ explained: 0, survivors }]);
  });
});

describe('the explained survivors', () => {
  it('name symbols that the mutated sources have, each once', () => {
    const sources = readSources(ROOT);
    const names = mutatedFiles(sources).flatMap((path) =>
      symbolsIn(parse(path, sources.get(path) ?? '')).map(({ name }) => name),
    );
    const explained = new Set(Object.values(EXPLAINED).flatMap((bySymbol) => Object.keys(bySymbol)));
    const wrong = [...explained].filter((name) => names.filter((other) => other === name).length !== 1);
    expect(wrong, 'Rename or remove these in explained.ts').toEqual([]);
  });
});
