import type { RangeOptions, Transaction } from '../../contract/store.ts';
import type { ScanIterator } from '../scan/scan-iterator.ts';

/**
 * A transaction as the engine sees it. The schema does not exist at run time: the store gives these out under
 * its own types.
 */
export interface EngineTransaction extends Omit<Transaction<Record<string, unknown>>, 'entries'> {
  entries(range?: RangeOptions): ScanIterator;
}
