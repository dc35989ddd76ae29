import { MemStoreError } from '../contract/errors.ts';

/** Returns the error for a reply that is too large to be sent. */
export function replyTooLarge(maxBytes: number): MemStoreError {
  return new MemStoreError(
    'LIMIT_EXCEEDED',
    `The reply is larger than ${maxBytes} bytes (maxReplyBytes, or the free part of maxBufferedBytes). ` +
      'Request less, read a scan in pages with CREDIT, or retry after the client has read its other replies.',
  );
}
