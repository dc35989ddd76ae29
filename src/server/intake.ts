import type { Clock } from '../contract/clock.ts';
import type { Request } from '../protocol/command.ts';
import type { ResolvedLimits } from './server-options.ts';

/**
 * The most requests of a connection that begin in one turn of the event loop. The size of a reply is unknown
 * before it is there, so the first replies must count before more requests begin. Others get a turn too.
 */
const MOST_PER_TURN = 64;

/** The longest time for the requests of one connection in one turn, in milliseconds. */
export const TURN_MS = 3;
/** Requests between two reads of the clock. */
const REQUESTS_PER_LOOK = 32;
/** The clock is also read after a request of this many bytes, which may take long by itself. */
const LARGE_BYTES = 16_384;

/** A request that has to wait until it may be begun. */
export interface HeldRequest {
  readonly request: Request;
  readonly tag: number | undefined;
  /** In bytes. */
  readonly size: number;
}

/** Counts the requests of one connection that are not answered. */
export class Intake {
  readonly #limits: ResolvedLimits;
  readonly #clock: Clock;
  #requests = 0;
  #bytes = 0;
  #begunInThisTurn = 0;
  #sinceLook = 0;
  /** When this turn is over, on the monotonic clock; undefined before the first read of the clock. */
  #turnEndMs: number | undefined;
  #isTurnOver = false;

  constructor(limits: ResolvedLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** The memory that the requests take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#requests === 0;
  }

  /** Whether more may be begun, but not in this turn. */
  get hasHadItsTurn(): boolean {
    return this.#isTurnOver || this.#begunInThisTurn >= MOST_PER_TURN;
  }

  get isFull(): boolean {
    const { maxPipeline, maxPipelineBytes } = this.#limits;
    return this.hasHadItsTurn || this.#requests >= maxPipeline || this.#bytes >= maxPipelineBytes;
  }

  /** Counts a request that was read. Checks whether others must get a turn before the next one. */
  read(bytes: number): void {
    if (++this.#sinceLook < REQUESTS_PER_LOOK && bytes < LARGE_BYTES) return;
    this.look();
  }

  /** Reads the clock, and checks whether others must get a turn. */
  look(): void {
    this.#sinceLook = 0;
    const nowMs = this.#clock.monotonicMs();
    this.#turnEndMs ??= nowMs + TURN_MS;
    if (nowMs >= this.#turnEndMs) this.#isTurnOver = true;
  }

  begin(bytes: number): void {
    this.#requests++;
    this.#bytes += bytes;
    this.#begunInThisTurn++;
  }

  end(bytes: number): void {
    this.#requests--;
    this.#bytes -= bytes;
  }

  nextTurn(): void {
    this.#begunInThisTurn = 0;
    this.#turnEndMs = undefined;
    this.#isTurnOver = false;
  }
}
