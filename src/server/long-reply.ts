import type { Clock } from '../contract/clock.ts';
import { TURN_MS } from '../lifecycle/turn-limits.ts';
import type { Reply } from '../protocol/reply.ts';
import { ListWriter, MAX_WRITTEN_AT_ONCE, type RespStyle } from '../protocol/resp-writer.ts';
import type { ConnectionMemory } from './connection-memory.ts';
import type { ReplyQueue } from './reply-queue.ts';

type List = Extract<Reply, { readonly kind: 'list' }>;

/**
 * Returns whether a reply is a list to be written over several turns. A plain line is always written in one
 * turn.
 */
export function isLong(reply: Reply | undefined, replies: ReplyQueue): reply is List {
  return reply?.kind === 'list' && reply.items.length > MAX_WRITTEN_AT_ONCE && replies.form === 'arrays';
}

/**
 * Writes a long list, and lets other clients be served every few milliseconds. Stops early if the connection
 * has ended.
 */
export async function writeInTurns(
  { items }: List,
  style: RespStyle,
  replies: ReplyQueue,
  memory: ConnectionMemory,
  clock: Clock,
): Promise<ListWriter> {
  const writer = new ListWriter(items);
  let turnEndMs = clock.monotonicMs() + TURN_MS;
  while (!replies.writePart(writer, memory.fit(style, writer.output.length))) {
    if (clock.monotonicMs() < turnEndMs) continue;
    memory.count();
    await clock.yieldTurn();
    if (memory.isEnded) break;
    turnEndMs = clock.monotonicMs() + TURN_MS;
  }
  return writer;
}
