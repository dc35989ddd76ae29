import type { Clock } from '../contract/clock.ts';
import { TURN_MS } from '../lifecycle/turn-limits.ts';
import type { Reply } from '../protocol/reply.ts';
import { ListWriter, MAX_WRITTEN_AT_ONCE, type RespStyle } from '../protocol/resp-writer.ts';
import type { ConnectionMemory } from './connection-memory.ts';
import type { ReplyQueue } from './reply-queue.ts';

type List = Extract<Reply, { readonly kind: 'list' }>;

/** Checks whether a reply is a list that is written in turns. A plain line is always written at once. */
export function isLong(reply: Reply | undefined, replies: ReplyQueue): reply is List {
  return reply?.kind === 'list' && reply.items.length > MAX_WRITTEN_AT_ONCE && replies.form === 'arrays';
}

/**
 * Writes a long list, and gives others a turn every few milliseconds. Stops early if the connection is gone.
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
