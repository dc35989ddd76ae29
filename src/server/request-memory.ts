import { estimateSize } from '../codecs/values/estimate-size.ts';
import type { Request } from '../protocol/command.ts';

/** The estimated heap bytes of a waiting request: its operation, its promises and its queue entries. */
export const WAITING_BYTES = 1_024;
/** `WAITING_BYTES` includes the values of a request of up to this many encoded bytes. */
const SHORT_BYTES = 64;

/**
 * Estimates the heap bytes that a request uses until its reply is sent. Decoded values may be many times
 * larger than their encoded form.
 */
export function requestMemory({ command }: Request, encodedBytes: number): number {
  if (encodedBytes <= SHORT_BYTES) return WAITING_BYTES;
  return WAITING_BYTES + Math.max(encodedBytes, estimateSize(command, ''));
}

/** Estimates the heap bytes of some items of a list of arguments. */
export function listMemory(items: readonly unknown[]): number {
  return estimateSize(items, '');
}
