import { MemStoreError } from '../contract/errors.ts';

/** The error for a reply that is not sent, because it would take more memory than one client may ask for. */
export function replyTooLarge(maxBytes: number): MemStoreError {
  return new MemStoreError(
    'LIMIT_EXCEEDED',
    `The reply would have more than ${maxBytes} bytes (maxReplyBytes, or what maxBufferedBytes leaves): ` +
      'ask for less at once, or with CREDIT, or again when replies that wait have been read.',
  );
}
