import type { ResyncReason } from '../contract/changes.ts';
import type { ReadChange } from './stored-change.ts';

/** One result of a feed, without the types of the schema. */
export type Batch =
  | { type: 'start'; revision: string }
  | { type: 'snapshot'; revision: string; entries: [key: string, value: unknown][]; last: boolean }
  | { type: 'commit'; revision: string; changes: ReadChange[] }
  | { type: 'resync'; revision: string; reason: ResyncReason };

export type BatchResult = IteratorResult<Batch, undefined>;

export const NO_MORE: IteratorReturnResult<undefined> = { done: true, value: undefined };
