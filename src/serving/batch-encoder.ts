import type { ValueCodec } from '../codecs/value-codec.ts';
import type { AnyBatch } from '../contract/changes.ts';
import { integer, list, NULL, type Reply, text } from '../protocol/reply.ts';
import { MAX_PAGE_BYTES } from './cursor.ts';
import { encodeNamed } from './encode-named.ts';

type CommitOf = Extract<AnyBatch, { readonly type: 'commit' }>;
type SnapshotOf = Extract<AnyBatch, { readonly type: 'snapshot' }>;

/** A batch of a feed as a reply. */
export interface EncodedBatch {
  readonly batch: AnyBatch;
  readonly reply: Reply;
  /** The approximate size of the reply. */
  readonly bytes: number;
  /** The rest of a snapshot that is too large for one reply. It becomes the next batch. */
  readonly rest?: AnyBatch;
}

/** The approximate size of a batch without entries, and of one change without its key and values. */
const FRAME_BYTES = 64;
/** The approximate size of an entry of a snapshot without its key and value. */
const ROW_BYTES = 32;

/**
 * Encodes a batch. Splits a snapshot that may be larger than a reply or than a page. Never splits a commit.
 * @throws {MemStoreError} INVALID_VALUE
 */
export function encodeBatch(batch: AnyBatch, codec: ValueCodec, maxReplyBytes: number): EncodedBatch {
  if (batch.type === 'commit') return encodeCommit(batch, codec);
  if (batch.type === 'snapshot') return encodeSnapshot(batch, codec, maxReplyBytes);
  const parts = [text(batch.type), text(batch.revision)];
  if (batch.type === 'resync') parts.push(text(batch.reason));
  return { batch, reply: list(parts), bytes: FRAME_BYTES };
}

function encodeCommit(batch: CommitOf, codec: ValueCodec): EncodedBatch {
  let bytes = FRAME_BYTES;
  const encode = (key: string, value: unknown): Reply => {
    if (value === undefined) return NULL;
    const encoded = encodeNamed(codec, key, value);
    bytes += encoded.length;
    return { kind: 'value', value, encoded };
  };
  const changes = batch.changes.map(({ key, cause, value, previous, expiresAt }) => {
    bytes += FRAME_BYTES + key.length;
    const deadline = expiresAt === undefined ? NULL : integer(expiresAt);
    return list([text(cause), text(key), encode(key, value), encode(key, previous), deadline]);
  });
  return { batch, reply: list([text('commit'), text(batch.revision), list(changes)]), bytes };
}

function encodeSnapshot(batch: SnapshotOf, codec: ValueCodec, maxReplyBytes: number): EncodedBatch {
  const { revision, entries } = batch;
  // A UTF-16 code unit may have three bytes in UTF-8.
  const maxEstimate = maxReplyBytes / 4;
  const rows: Reply[] = [];
  let bytes = FRAME_BYTES;
  for (const [key, value] of entries) {
    if (bytes >= MAX_PAGE_BYTES) break;
    const encoded = encodeNamed(codec, key, value);
    const rowBytes = ROW_BYTES + key.length + encoded.length;
    // A large entry gets a part of its own.
    if (rows.length > 0 && bytes + rowBytes > maxEstimate) break;
    bytes += rowBytes;
    rows.push(list([text(key), { kind: 'value', value, encoded }]));
  }
  const isWhole = rows.length === entries.length;
  const last = isWhole && batch.last;
  const reply = list([text('snapshot'), text(revision), integer(last ? 1 : 0), list(rows)]);
  if (isWhole) return { batch, reply, bytes };
  const part: AnyBatch = { type: 'snapshot', revision, entries: entries.slice(0, rows.length), last };
  return { batch: part, reply, bytes, rest: { ...batch, entries: entries.slice(rows.length) } };
}
