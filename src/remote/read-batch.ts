import type { AnyBatch, ResyncReason } from '../contract/changes.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { Link } from './link.ts';
import { storedEntry, storedValue } from './read-reply.ts';

type AnyChange = Extract<AnyBatch, { readonly type: 'commit' }>['changes'][number];

/** A page of a feed: the number of the feed (0 if the feed has ended), and its next batches. */
export interface FeedPage {
  readonly number: number;
  readonly batches: readonly RawReply[];
}

/** @throws {MemStoreError} PROTOCOL */
export function feedPageOf(reply: RawReply): FeedPage {
  if (!Array.isArray(reply) || typeof reply[0] !== 'number' || !Array.isArray(reply[1])) throw invalidBatch();
  return { number: reply[0], batches: reply[1] };
}

/**
 * Returns the batch in a reply, and decodes its values.
 * @throws {MemStoreError} PROTOCOL
 */
export function batchOf(reply: RawReply | undefined, link: Link): AnyBatch {
  if (!Array.isArray(reply) || reply.length < 2) throw invalidBatch();
  const [type, revision] = reply.map(String) as [string, string];
  switch (type) {
    case 'start':
      return { type, revision };
    case 'resync':
      return { type, revision, reason: String(reply[2]) as ResyncReason };
    case 'snapshot':
      return {
        type,
        revision,
        entries: listOf(reply[3]).map((row) => storedEntry(row, link)),
        last: reply[2] === 1,
      };
    case 'commit':
      return { type, revision, changes: listOf(reply[2]).map((change) => changeOf(change, link)) };
    default:
      throw invalidBatch();
  }
}

function changeOf([cause, key, value = null, previous = null, expiresAt]: RawReply[], link: Link): AnyChange {
  return {
    key: String(key),
    cause: String(cause) as AnyChange['cause'],
    ...(value === null ? {} : { value: storedValue(value, link) }),
    ...(previous === null ? {} : { previous: storedValue(previous, link) }),
    ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
  };
}

function listOf(reply: RawReply | undefined): RawReply[][] {
  if (Array.isArray(reply) && reply.every(Array.isArray)) return reply as RawReply[][];
  throw invalidBatch();
}

function invalidBatch(): MemStoreError {
  return new MemStoreError('PROTOCOL', 'The server sent an invalid batch of a change feed.');
}
