import type { AnyBatch, Change } from '../contract/changes.ts';
import { toMemStoreError } from './error-reply.ts';
import { type Json, plainJson } from './plain-json.ts';
import type { Reply } from './reply.ts';
import { replyTooLarge } from './reply-too-large.ts';
import { wireInteger } from './wire-integer.ts';

type AnyChange = Change<Record<string, unknown>>;

/**
 * Returns a reply as one line of JSON. An invalid or too large reply becomes an error reply.
 * @throws {MemStoreError} INVALID_VALUE or LIMIT_EXCEEDED for a batch of a feed
 */
export function jsonLine(reply: Reply, maxBytes: number): string {
  try {
    const line = JSON.stringify(answerTo(reply, maxBytes));
    if (line.length > maxBytes && !isError(reply)) throw replyTooLarge(maxBytes);
    return `${line}\n`;
  } catch (thrown) {
    if (reply.kind === 'push') throw thrown;
    return jsonLine({ kind: 'error', error: toMemStoreError(thrown), ended: false }, maxBytes);
  }
}

function isError(reply: Reply): boolean {
  return reply.kind === 'error' || (reply.kind === 'push' && reply.batch === undefined);
}

function answerTo(reply: Reply, maxBytes: number): Json {
  switch (reply.kind) {
    case 'ok':
      return { status: 'Ok' };
    case 'transaction':
      return { status: 'Ok', transaction_id: wireInteger(reply.id) };
    case 'error':
      return { status: 'Error', code: reply.error.code, mesg: reply.error.message };
    case 'push':
      return reply.batch === undefined ? answerTo(reply.reply, maxBytes) : batchOf(reply.batch);
    default:
      return {
        status: 'Ok',
        result: reply.kind === 'list' ? listOf(reply.items, maxBytes) : resultOf(reply),
      };
  }
}

/**
 * Checks the size of a list before it becomes text. Many references to one long value are small in memory,
 * but not as text.
 */
function listOf(items: readonly Reply[], maxBytes: number): Json {
  let bytes = 0;
  return items.map((item) => {
    const result = resultOf(item);
    if (typeof result === 'string') bytes += result.length;
    if (bytes > maxBytes) throw replyTooLarge(maxBytes);
    return result;
  });
}

function resultOf(reply: Reply): Json {
  switch (reply.kind) {
    case 'ok':
      return 'OK';
    case 'status':
      return reply.text;
    case 'text':
      return shown(reply.text);
    case 'integer':
      return wireInteger(reply.value);
    case 'transaction':
      return wireInteger(reply.id);
    case 'value':
      return reply.value === undefined ? null : shown(reply.value);
    case 'null':
      return null;
    case 'list':
      return reply.items.map(resultOf);
    case 'map':
      return Object.fromEntries(reply.entries.map(([name, value]) => [name, resultOf(value)]));
    case 'data':
      return plainJson(reply.data);
    case 'push':
      return resultOf(reply.reply);
    case 'error':
      return { code: reply.error.code, mesg: reply.error.message };
  }
}

/** Returns a batch of a feed as JSON. It has no `status`, unlike the reply to a line. */
function batchOf(batch: AnyBatch): Json {
  const { type, revision } = batch;
  switch (type) {
    case 'start':
      return { type, revision };
    case 'resync':
      return { type, revision, reason: batch.reason };
    case 'snapshot':
      return {
        type,
        revision,
        entries: batch.entries.map(([key, value]) => [key, shown(value)]),
        last: batch.last,
      };
    case 'commit':
      return { type, revision, changes: batch.changes.map(changeOf) };
  }
}

function changeOf(change: AnyChange): Json {
  const { key, cause, value, previous, expiresAt } = change;
  return {
    key,
    cause,
    ...(value === undefined ? {} : { value: shown(value) }),
    ...(previous === undefined ? {} : { previous: shown(previous) }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** Converts a value to JSON. Bytes become Base64. */
function shown(value: unknown): Json {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  return plainJson(value);
}
