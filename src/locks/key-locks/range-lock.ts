import { coversRange, type KeyRange } from '../../contract/key-range.ts';
import type { KeyLockSession } from './key-lock-session.ts';

/** A shared lock on all keys of a range. A scan extends its range lock as it advances. */
export class RangeLock {
  readonly session: KeyLockSession;
  range: KeyRange;

  constructor(session: KeyLockSession, range: KeyRange) {
    this.session = session;
    this.range = range;
  }

  covers(range: KeyRange): boolean {
    return coversRange(this.range, range);
  }

  /**
   * Extends the lock by a range that overlaps or touches the locked range. Returns false if there is a gap
   * between the two ranges.
   */
  extend(range: KeyRange): boolean {
    const { from, to } = this.range;
    if ((to !== undefined && range.from > to) || (range.to !== undefined && from > range.to)) return false;
    this.range = {
      from: range.from < from ? range.from : from,
      to: to === undefined || range.to === undefined ? undefined : range.to > to ? range.to : to,
    };
    return true;
  }
}
