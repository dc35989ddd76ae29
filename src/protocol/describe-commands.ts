import { MemStoreError } from '../contract/errors.ts';
import { type CommandRow, commandRows, hasFlag } from './commands.ts';
import { integer, list, NULL, type Reply, text } from './reply.ts';

const listed = commandRows.filter(([, row]) => row.syntax !== undefined && !hasFlag(row, 'refused'));
const rows: ReadonlyMap<string, CommandRow> = new Map(listed);
const names = [...rows.keys()].sort();

/**
 * Returns the reply to `COMMAND` and its subcommands.
 * @throws {MemStoreError} UNKNOWN_COMMAND
 */
export function describeCommands([what = 'INFO', ...wanted]: readonly string[]): Reply {
  const chosen = wanted.length === 0 ? names : wanted.map((name) => name.toUpperCase());
  switch (what.toUpperCase()) {
    case 'COUNT':
      return integer(names.length);
    case 'LIST':
      return list(names.map((name) => text(name.toLowerCase())));
    case 'INFO':
      return list(chosen.map((name) => infoOf(name, rows.get(name))));
    case 'DOCS':
      return {
        kind: 'map',
        entries: chosen.flatMap((name) => {
          const row = rows.get(name);
          return row === undefined ? [] : [[name.toLowerCase(), docsOf(row)] as const];
        }),
      };
    default:
      throw new MemStoreError(
        'UNKNOWN_COMMAND',
        `COMMAND has no subcommand ${JSON.stringify(what)}; use COUNT, LIST, INFO or DOCS.`,
      );
  }
}

/**
 * Returns the name, the number of words, the flags and the positions of keys. A negative number of words is a
 * minimum, as in Redis.
 */
function infoOf(name: string, row: CommandRow | undefined): Reply {
  if (row === undefined) return NULL;
  const parts = argumentsOf(row);
  const isOpen = parts.some((part) => part.startsWith('[') || part.endsWith('...'));
  const least = 1 + parts.filter((part) => !part.startsWith('[')).length;
  const [first, last, step] = row.keys ?? [0, 0, 0];
  return list([
    text(name.toLowerCase()),
    integer(isOpen ? -least : least),
    list([]),
    integer(first),
    integer(last),
    integer(step),
  ]);
}

function docsOf(row: CommandRow): Reply {
  return {
    kind: 'map',
    entries: [
      ['summary', text(row.summary)],
      ['since', text('0.1.0')],
      ['group', text('memstore')],
      ['arguments', list(argumentsOf(row).map(argumentDocs))],
    ],
  };
}

function argumentDocs(part: string): Reply {
  const flags = [part.startsWith('[') ? 'optional' : '', part.includes('...') ? 'multiple' : ''].filter(
    Boolean,
  );
  const name = part.replace(/^\[|\]$|\.\.\./g, '');
  const entries: [string, Reply][] = [
    ['name', text(name)],
    ['type', text('string')],
    ['display_text', text(name)],
  ];
  if (flags.length > 0) entries.push(['flags', list(flags.map((flag) => ({ kind: 'status', text: flag })))]);
  return { kind: 'map', entries };
}

/**
 * Returns the arguments of a command as words and options. Dots after a word mean that it may be repeated.
 */
function argumentsOf({ scope, syntax = '' }: CommandRow): string[] {
  const whole = scope === 'prefix' ? `${syntax} command ...` : syntax;
  const repeated = whole.replace(/(\w+(?: \w+)?) \[\1 \.\.\.\]/, '$1 ...').replace(/ \.\.\./g, '...');
  return repeated.match(/\[[^\]]*\]|\S+/g) ?? [];
}
