import type { ResolvedLimits } from './server-options.ts';

/** Counts the unanswered requests of one connection. */
export class PendingRequests {
  readonly #limits: ResolvedLimits;
  #count = 0;
  #bytes = 0;

  constructor(limits: ResolvedLimits) {
    this.#limits = limits;
  }

  /** Returns the memory that the requests use, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get isFull(): boolean {
    const { maxPipeline, maxPipelineBytes } = this.#limits;
    return this.#count >= maxPipeline || this.#bytes >= maxPipelineBytes;
  }

  add(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
  }
}
