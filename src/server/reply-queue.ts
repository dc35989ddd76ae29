import { jsonLine } from '../protocol/json-line.ts';
import { OutputBuffer } from '../protocol/output-buffer.ts';
import type { Reply } from '../protocol/reply.ts';
import type { RequestForm } from '../protocol/request-parser.ts';
import {
  type ListWriter,
  type RespStyle,
  writeResp,
  writeTag,
  writeTagged,
} from '../protocol/resp-writer.ts';

/** The place of a reply in the order. A reply before its turn is kept there, in its written form. */
export interface Slot {
  early: OutputBuffer | undefined;
}

/** The replies of one connection. They leave in the order of the requests, tagged replies as they come. */
export class ReplyQueue {
  readonly #output = new OutputBuffer();
  #slots: Slot[] = [];
  /** The number of written slots at the front. They are removed many at a time. */
  #written = 0;
  /** The bytes of the replies that came before their turn, and of lists that are written in part. */
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

  /** Gives a slot its reply. If it is first in the order, writes it and the early replies behind it. */
  fill(slot: Slot, reply: Reply, style: RespStyle): void {
    const slots = this.#slots;
    if (slots[this.#written] !== slot) {
      // Written now, so that its memory is counted exactly.
      slot.early = new OutputBuffer();
      this.#write(slot.early, reply, style);
      this.#early += slot.early.length;
      return;
    }
    this.#write(this.#output, reply, style);
    this.#written++;
    this.#addEarly();
  }

  /** Adds the early replies that are first in the order now. */
  #addEarly(): void {
    const slots = this.#slots;
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

  /** Adds the reply to the latest request. Writes it at once if no other reply must leave before it. */
  add(reply: Reply, style: RespStyle): void {
    if (this.#written === this.#slots.length) this.#write(this.#output, reply, style);
    else this.fill(this.reserve(), reply, style);
  }

  /** Writes a part of a long list. Returns true when it is whole: then it must be added. */
  writePart(list: ListWriter, style: RespStyle): boolean {
    this.#early -= list.output.length;
    const isWhole = list.writePart(style);
    this.#early += list.output.length;
    return isWhole;
  }

  /** Adds a whole list, to its slot or with its tag. */
  addList(slot: Slot | undefined, tag: number, { output }: ListWriter): void {
    if (slot !== undefined) {
      slot.early = output;
      this.#addEarly();
      return;
    }
    this.#early -= output.length;
    writeTag(this.#output, tag);
    this.#output.addAll(output);
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
