import { estimateSize } from '../cache/size-of.ts';
import type { Request } from '../wire/command.ts';

/** The heap that a request takes while it waits: its operation, promises, and place in queues. */
const WAITING_BYTES = 1_024;
/** What is read from fewer bytes than this is covered by `WAITING_BYTES`. */
const SHORT = 64;

/**
 * The memory that a request takes until it is answered, estimated: its values may take many times their
 * encoded bytes.
 */
export function requestMemory({ command }: Request, encodedBytes: number): number {
  if (encodedBytes <= SHORT) return WAITING_BYTES;
  return WAITING_BYTES + Math.max(encodedBytes, estimateSize(command, ''));
}
