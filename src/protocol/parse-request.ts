import { MemStoreError } from '../contract/errors.ts';
import { ArgumentReader, type ArgumentStyle } from './argument-reader.ts';
import type { Arguments } from './arguments.ts';
import type { Command, Request } from './command.ts';
import { commands, endsWithId, namesWhere, type Prefix, type Verb } from './commands.ts';
import { type Parser, parsePairs, parsers } from './parsers.ts';
import type { RequestForm } from './request-parser.ts';
import { WordTable } from './word-table.ts';

/** A word that a request may begin with: a verb or a prefix. */
type FirstWord =
  | { readonly name: Prefix; readonly parse: undefined; readonly takesId: false; readonly line: undefined }
  | {
      readonly name: Verb;
      readonly parse: Parser;
      /** True if the argument of the verb is the id of a transaction, as for `COMMIT`. */
      readonly takesId: boolean;
      /** The arguments in plain lines, if they differ from those in RESP. */
      readonly line: string | undefined;
    };

/**
 * Returns the tag, which is the first word of a tagged request.
 * @throws {MemStoreError} PROTOCOL
 */
export function parseTag(args: Arguments): number {
  const tag = args.integer(0);
  if (tag > 0) return tag;
  throw new MemStoreError('PROTOCOL', 'A tagged request must begin with its tag, a positive integer.');
}

/**
 * Parses the request whose prefixes begin at `position`.
 * @throws {MemStoreError} UNKNOWN_COMMAND, INVALID_OPTION, INVALID_KEY, INVALID_VALUE; LIMIT_EXCEEDED
 */
export function parseRequest(
  args: Arguments,
  position: number,
  form: RequestForm,
  style: ArgumentStyle,
): Request {
  return parseFrom(new ArgumentReader(args, position, style), form);
}

/**
 * Parses a request from the position of the reader. If its list is paused, `parseMore` parses the rest.
 * @throws {MemStoreError} the same as `parseRequest`
 */
export function parseFrom(reader: ArgumentReader, form: RequestForm): Request {
  let transactionId: number | undefined;
  let lockTimeoutMs: number | undefined;
  let cancellable = false;
  let quiet = false;
  try {
    for (;;) {
      const word = reader.find('verb', firstWords);
      if (word === undefined) throw unknownCommand(reader.text('verb'));
      if (word.parse !== undefined) {
        const { name: verb, parse, line } = word;
        if (word.takesId && transactionId === undefined) transactionId = reader.integer('transaction id');
        const ofLine = form === 'lines' ? line : undefined;
        if (ofLine !== undefined && transactionId === undefined && endsWithId(ofLine, reader.left))
          transactionId = reader.lastInteger('transaction id');
        const command = parse(reader, verb);
        reader.end(verb);
        if (ofLine !== undefined && 'keys' in command && command.keys.length > 1)
          throw new MemStoreError('INVALID_OPTION', `In a plain line, ${verb} takes only one key.`);
        if (lockTimeoutMs !== undefined && command.name === 'CHANGES')
          throw new MemStoreError(
            'INVALID_OPTION',
            'CHANGES waits for no lock: send it without LOCKTIMEOUT.',
          );
        if (quiet && transactionId === undefined && !(command.name === 'BEGIN' && command.id !== undefined))
          throw new MemStoreError(
            'INVALID_OPTION',
            'QUIET needs a transaction id: put TX id before the command, or send BEGIN ID id.',
          );
        return { command, transactionId, lockTimeoutMs, cancellable, quiet };
      }
      switch (word.name) {
        case 'TX':
          transactionId = reader.integer('transaction id');
          break;
        case 'LOCKTIMEOUT':
          lockTimeoutMs = reader.number('lock timeout');
          break;
        case 'CANCELLABLE':
          cancellable = true;
          break;
        case 'QUIET':
          quiet = true;
      }
    }
  } catch (error) {
    // The client does not wait for the reply to a quiet command. So the error must end its transaction.
    if (!quiet || transactionId === undefined) throw error;
    return { command: { name: 'REFUSED', error }, transactionId, lockTimeoutMs, cancellable, quiet };
  }
}

/**
 * Parses the next part of a paused list, adds its items to the command and returns them.
 * @throws {MemStoreError} INVALID_OPTION, INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED
 */
export function parseMore(reader: ArgumentReader, command: Command): readonly unknown[] {
  if (command.name === 'MSET') {
    const entries = parsePairs(reader);
    for (const entry of entries) command.entries.push(entry);
    return entries;
  }
  if ('keys' in command) {
    const keys = reader.keys([]);
    for (const key of keys) command.keys.push(key);
    return keys;
  }
  // The command takes no list, so the request has too many arguments.
  reader.end(command.name);
  return [];
}

function unknownCommand(word: string): MemStoreError {
  return new MemStoreError('UNKNOWN_COMMAND', `There is no command ${JSON.stringify(word.slice(0, 64))}.`);
}

const firstWords = new WordTable<FirstWord>([
  ...[...namesWhere(({ scope }) => scope === 'prefix')].map((name): [string, FirstWord] => [
    name,
    { name: name as Prefix, parse: undefined, takesId: false, line: undefined },
  ]),
  ...(Object.entries(parsers) as [Verb, Parser][]).map(([name, parse]): [string, FirstWord] => {
    const { syntax, line } = commands[name];
    return [name, { name, parse, takesId: syntax === 'id', line }];
  }),
]);
