import { coversRange, type KeyRange } from '../../contract/key-range.ts';
import type { KeyLockSession } from './key-lock-session.ts';

/** A shared lock on every key of a range. A scan that goes on extends the one it has. */
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

  /** Takes in a range that overlaps or touches this one; returns false when there is a gap between them. */
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
