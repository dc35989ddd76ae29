import type { AnyBatch } from '../contract/changes.ts';
import type { MemStoreError } from '../contract/errors.ts';

/** The reply to a command, before it is written as RESP or as a line of JSON. */
export type Reply =
  /** Success without a result. */
  | { readonly kind: 'ok' }
  /** A status such as PONG. */
  | { readonly kind: 'status'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number }
  /** The id of a new transaction. */
  | { readonly kind: 'transaction'; readonly id: number }
  /**
   * A stored value, or `undefined` for an absent key. If `encoded` is set, the value is not encoded again.
   */
  | { readonly kind: 'value'; readonly value: unknown; readonly encoded?: string | Uint8Array }
  /** A bulk string. It is given as bytes if it may not be UTF-8. */
  | { readonly kind: 'text'; readonly text: string | Uint8Array }
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly items: readonly Reply[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [name: string, reply: Reply])[] }
  /**
   * A batch of a feed, or its error, that is not the reply to a request. `batch` is undefined for an error.
   */
  | {
      readonly kind: 'push';
      readonly feed: number;
      readonly reply: Reply;
      readonly batch: AnyBatch | undefined;
    }
  /** A report: plain data of objects, arrays, strings and numbers. */
  | { readonly kind: 'data'; readonly data: unknown }
  /**
   * `ended` is true if the transaction of the command has ended. Untagged RESP sends `redisText` instead of
   * the code and the message, because Redis clients expect the error text of Redis.
   */
  | {
      readonly kind: 'error';
      readonly error: MemStoreError;
      readonly ended: boolean;
      readonly redisText?: string;
    };

export const OK: Reply = { kind: 'ok' };
export const NULL: Reply = { kind: 'null' };

export function integer(value: number): Reply {
  return { kind: 'integer', value };
}

export function text(content: string | Uint8Array): Reply {
  return { kind: 'text', text: content };
}

export function list(items: readonly Reply[]): Reply {
  return { kind: 'list', items };
}
