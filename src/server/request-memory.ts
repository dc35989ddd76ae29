import { estimateSize } from '../codecs/values/estimate-size.ts';
import type { Request } from '../protocol/command.ts';

/** The heap that a request takes while it waits: its operation, promises, and place in queues. */
export const WAITING_BYTES = 1_024;
/** `WAITING_BYTES` covers the values of a request of up to this many encoded bytes. */
const SHORT_BYTES = 64;

/**
 * Estimates the heap bytes that a request takes until it is answered. Its values may take many times their
 * encoded bytes.
 */
export function requestMemory({ command }: Request, encodedBytes: number): number {
  if (encodedBytes <= SHORT_BYTES) return WAITING_BYTES;
  return WAITING_BYTES + Math.max(encodedBytes, estimateSize(command, ''));
}

/** Estimates the heap bytes of a part of a list of arguments. */
export function listMemory(items: readonly unknown[]): number {
  return estimateSize(items, '');
}
