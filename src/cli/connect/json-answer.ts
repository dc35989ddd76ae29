import type { MemStoreError } from '../../index.ts';
import type { Answer } from './answer.ts';
import { valueJson } from './value-json.ts';

/**
 * Returns an answer as one line of JSON, like the server's replies to plain lines.
 * @throws {MemStoreError} INVALID_VALUE
 */
export function jsonAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'ok':
      return '{"status":"Ok"}';
    case 'begun':
      return `{"status":"Ok","transaction_id":${answer.transactionId}}`;
    default:
      return `{"status":"Ok","result":${resultOf(answer)}}`;
  }
}

export function jsonError({ code, message }: MemStoreError): string {
  return JSON.stringify({ status: 'Error', code, mesg: message });
}

function resultOf(answer: Exclude<Answer, { readonly kind: 'ok' | 'begun' }>): string {
  switch (answer.kind) {
    case 'value':
      return valueJson(answer.value);
    case 'values':
      return `[${answer.values.map(valueJson).join()}]`;
    case 'count':
      return String(answer.count);
    case 'ttl':
      // Like the server: -1 for an entry that never expires, -2 for no entry.
      return String(answer.ttlMs === undefined ? (answer.exists ? -1 : -2) : Math.ceil(answer.ttlMs));
    case 'savepoint':
      return String(answer.number);
    case 'entries':
      return `[${answer.rows.map(([key, value]) => `[${JSON.stringify(key)},${valueJson(value)}]`).join()}]`;
    case 'everything':
      return `[${answer.rows
        .map(([key, value, holder]) => `[${JSON.stringify(key)},${valueJson(value)},${holder ?? null}]`)
        .join()}]`;
    case 'stats':
      return JSON.stringify(answer.stats);
    case 'locks':
      return JSON.stringify(answer.report);
    case 'lock-summary':
      return JSON.stringify(answer.summary);
    case 'info':
      return JSON.stringify(answer.info);
    case 'text':
      return JSON.stringify(answer.text);
    case 'help':
      return JSON.stringify(answer.commands);
  }
}
