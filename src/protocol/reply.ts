import type { MemStoreError } from '../contract/errors.ts';

/** The answer to a command, before it is written in one of the forms. */
export type Reply =
  /** Success without a result. */
  | { readonly kind: 'ok' }
  /** A status of the server, such as PONG. */
  | { readonly kind: 'status'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number }
  /** The id of the transaction that was begun. */
  | { readonly kind: 'transaction'; readonly id: number }
  /** A stored value, or `undefined` for an absent key. `encoded` saves encoding it again. */
  | { readonly kind: 'value'; readonly value: unknown; readonly encoded?: string | Uint8Array }
  /** A bulk string, as bytes if it may not be text. */
  | { readonly kind: 'text'; readonly text: string | Uint8Array }
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly items: readonly Reply[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [name: string, reply: Reply])[] }
  /** A report: plain data of objects, arrays, strings and numbers. */
  | { readonly kind: 'data'; readonly data: unknown }
  /**
   * `ended` is true when the transaction that the command belongs to has ended. Untagged RESP sends
   * `redisText` in place of the code and the message, for clients that look for the text of Redis.
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
