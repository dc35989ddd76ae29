import { jsonLine } from '../wire/json-line.ts';
import { OutputBuffer } from '../wire/output-buffer.ts';
import type { Reply } from '../wire/reply.ts';
import type { RequestForm } from '../wire/request-parser.ts';
import { type RespStyle, writeResp, writeTagged } from '../wire/resp-writer.ts';

/** The place of a reply in the order. A reply that comes before its turn is kept there, written. */
export interface Slot {
  early: OutputBuffer | undefined;
}

/** The replies of one connection, which leave in the order of the requests, or with their tags as they come. */
export class ReplyQueue {
  readonly #output = new OutputBuffer();
  #slots: Slot[] = [];
  /** How many slots at the front are written; they are taken away many at a time. */
  #written = 0;
  /** The bytes of the replies that came before their turn. */
  #early = 0;
  form: RequestForm = 'arrays';

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#output.length + this.#early;
  }

  /** Whether there is something to take. */
  get isEmpty(): boolean {
    return this.#output.length === 0;
  }

  reserve(): Slot {
    const slot: Slot = { early: undefined };
    this.#slots.push(slot);
    return slot;
  }

  /** Gives a slot its reply. When it is its turn, it is that of those behind it that have come already, too. */
  fill(slot: Slot, reply: Reply, style: RespStyle): void {
    const slots = this.#slots;
    if (slots[this.#written] !== slot) {
      // Written now, so that it counts for as much memory as it takes.
      slot.early = new OutputBuffer();
      this.#write(slot.early, reply, style);
      this.#early += slot.early.length;
      return;
    }
    this.#write(this.#output, reply, style);
    this.#written++;
    for (let head = slots[this.#written]; head?.early !== undefined; head = slots[this.#written]) {
      this.#early -= head.early.length;
      this.#output.addAll(head.early);
      this.#written++;
    }
    if (this.#written === slots.length || this.#written > 1_000) {
      this.#slots = slots.slice(this.#written);
      this.#written = 0;
    }
  }

  /** The reply to the request that came last, which is written at once when no other one has to leave before it. */
  add(reply: Reply, style: RespStyle): void {
    if (this.#written === this.#slots.length) this.#write(this.#output, reply, style);
    else this.fill(this.reserve(), reply, style);
  }

  #write(output: OutputBuffer, reply: Reply, style: RespStyle): void {
    if (this.form === 'lines') output.add(jsonLine(reply, style.maxReplyBytes));
    else writeResp(output, reply, style);
  }

  addTagged(tag: number, reply: Reply, style: RespStyle): void {
    writeTagged(this.#output, tag, reply, style);
  }

  take(): Buffer {
    return this.#output.take();
  }
}
