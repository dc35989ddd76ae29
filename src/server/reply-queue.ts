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

/** The place of one reply in the order. An early reply is kept there in encoded form. */
export interface Slot {
  early: OutputBuffer | undefined;
}

/**
 * The replies of one connection. Untagged replies are sent in the order of the requests, tagged replies as
 * soon as they are ready.
 */
export class ReplyQueue {
  readonly #output = new OutputBuffer();
  #slots: Slot[] = [];
  /** The number of written slots at the front. They are removed in batches. */
  #written = 0;
  /** The bytes of early replies and of partly written lists. */
  #early = 0;
  form: RequestForm = 'arrays';

  /** Returns the number of bytes in the queue, including early replies. */
  get length(): number {
    return this.#output.length + this.#early;
  }

  /** Returns whether there are no bytes to take. */
  get isEmpty(): boolean {
    return this.#output.length === 0;
  }

  reserve(): Slot {
    const slot: Slot = { early: undefined };
    this.#slots.push(slot);
    return slot;
  }

  /**
   * Fills a slot with its reply. If the slot is the first, writes this reply and the early replies after it.
   */
  fill(slot: Slot, reply: Reply, style: RespStyle): void {
    const slots = this.#slots;
    if (slots[this.#written] !== slot) {
      // Encode the reply now, so that its memory is counted exactly.
      slot.early = new OutputBuffer();
      this.#write(slot.early, reply, style);
      this.#early += slot.early.length;
      return;
    }
    this.#write(this.#output, reply, style);
    this.#written++;
    this.#addEarly();
  }

  /** Writes the early replies at the front of the order. */
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

  /**
   * Adds the reply to the latest request, or a batch of a feed. Writes it directly if no earlier reply is
   * missing.
   * @throws {MemStoreError} INVALID_VALUE or LIMIT_EXCEEDED for a batch; nothing is added then
   */
  add(reply: Reply, style: RespStyle): void {
    if (this.#written === this.#slots.length) this.#write(this.#output, reply, style);
    else this.fill(this.reserve(), reply, style);
  }

  /**
   * Writes the next part of a long list. Returns whether the list is complete. If so, the caller must call
   * `addList`.
   */
  writePart(list: ListWriter, style: RespStyle): boolean {
    this.#early -= list.output.length;
    const isWhole = list.writePart(style);
    this.#early += list.output.length;
    return isWhole;
  }

  /** Adds a complete list, in its slot or with its tag. */
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
