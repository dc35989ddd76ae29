import type { ResolvedLimits } from './server-options.ts';

/**
 * So many requests are begun in one turn of the event loop. Nobody knows how large an answer will be before it is there,
 * so whoever sends many at once must not have all of them begun before the first answer counts; and others want their turn.
 */
const MOST_PER_TURN = 64;

/** Counts the requests of one connection that are not answered. */
export class Intake {
  readonly #limits: ResolvedLimits;
  #requests = 0;
  #bytes = 0;
  #begunInThisTurn = 0;

  constructor(limits: ResolvedLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#requests === 0;
  }

  /** Whether more may be begun, but not in this turn. */
  get hasHadItsTurn(): boolean {
    return this.#begunInThisTurn >= MOST_PER_TURN;
  }

  get isFull(): boolean {
    const { maxPipeline, maxPipelineBytes } = this.#limits;
    return this.hasHadItsTurn || this.#requests >= maxPipeline || this.#bytes >= maxPipelineBytes;
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
  }
}
