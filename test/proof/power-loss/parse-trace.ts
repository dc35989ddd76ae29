/** An event of the journal file, read from a trace of the system calls of its process. */
export type TraceEvent =
  /** A directory entry for a file was created. `file` is the number of the file. */
  | { readonly type: 'link'; readonly file: number; readonly name: string }
  | { readonly type: 'unlink'; readonly name: string }
  /** A write has begun. */
  | {
      readonly type: 'write';
      readonly file: number;
      readonly at: number;
      readonly data: Buffer;
      readonly call: number;
    }
  /** A write has returned. With `isFlushed`, its data is on disk. */
  | { readonly type: 'written'; readonly call: number; readonly isFlushed: boolean }
  | { readonly type: 'resize'; readonly file: number; readonly size: number }
  /** A flush of a file has begun. It covers all writes that have returned so far. */
  | { readonly type: 'flush'; readonly file: number; readonly call: number }
  | { readonly type: 'flushed'; readonly call: number }
  /** A flush of a directory has returned. */
  | { readonly type: 'directory'; readonly path: string }
  /** The process has reported that these commits were acknowledged. */
  | { readonly type: 'told'; readonly text: string };

/** The system calls that a trace for `parseTrace` must contain. */
export const CALLS: string =
  'openat,close,lseek,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,msync,sync_file_range,' +
  'ftruncate,truncate,fallocate,mmap,rename,renameat,renameat2,link,linkat,unlink,unlinkat';

interface OpenFile {
  readonly path: string;
  readonly file: number;
  readonly isFlushing: boolean;
  position: number;
}

/** A call that has not returned yet. */
interface Begun {
  readonly name: string;
  readonly text: string;
  readonly call: number;
}

/**
 * Parses the output of `strace -f -xx`.
 * @param directory the directory of the journal
 * @throws for a call that the model does not support, such as a writable mapping of the file
 */
export function parseTrace(trace: string, directory: string): TraceEvent[] {
  return new TraceParser(directory).parse(trace);
}

class TraceParser {
  readonly #directory: string;
  readonly #events: TraceEvent[] = [];
  readonly #descriptors = new Map<number, OpenFile>();
  /** The number of the file for each name in the directory. */
  readonly #names = new Map<string, number>();
  readonly #begun = new Map<string, Begun>();
  #files = 0;
  #calls = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  parse(trace: string): TraceEvent[] {
    for (const line of trace.split('\n')) this.#readLine(line);
    return this.#events;
  }

  #readLine(line: string): void {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/s.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/s.exec(rest);
    if (resumed !== null) {
      const begun = this.#begun.get(thread);
      this.#begun.delete(thread);
      if (begun !== undefined) this.#end(begun, resultOf(rest), `${begun.text}${resumed[2]}`);
      return;
    }
    const [, name = '', text = ''] = /^(\w+)\((.*)$/s.exec(rest) ?? [];
    if (name === '') return;
    const begun = { name, text, call: ++this.#calls };
    this.#begin(begun);
    if (rest.endsWith('<unfinished ...>')) this.#begun.set(thread, begun);
    else this.#end(begun, resultOf(rest), text);
  }

  #begin({ name, text, call }: Begun): void {
    const fd = Number.parseInt(text, 10);
    const open = this.#descriptors.get(fd);
    if (name === 'write' && fd === 1) {
      this.#events.push({ type: 'told', text: bufferOf(text).toString() });
    } else if (open !== undefined && /^p?writev?$|^pwrite64$/.test(name)) {
      const data = bufferOf(text);
      const isAtPosition = name === 'write' || name === 'writev';
      const at = isAtPosition ? open.position : Number(/, \d+, (\d+)(?:\)| <unfinished)/.exec(text)?.[1]);
      if (!Number.isInteger(at))
        throw new Error(`Every write must have an integer offset, got ${text.slice(-80)}`);
      if (isAtPosition) open.position += data.length;
      this.#events.push({ type: 'write', file: open.file, at, data, call });
    } else if (open !== undefined && (name === 'fdatasync' || name === 'fsync')) {
      this.#events.push({ type: 'flush', file: open.file, call });
    } else if (open !== undefined && /^(pwritev2|msync|sync_file_range|fallocate)$/.test(name)) {
      throw new Error(`The model does not support the system call ${name}.`);
    }
  }

  #end({ name, call, text }: Begun, result: number, whole: string): void {
    if (result < 0) return;
    const fd = Number.parseInt(text, 10);
    const open = this.#descriptors.get(fd);
    if (name === 'openat') this.#open(whole, result);
    else if (name === 'close') this.#descriptors.delete(fd);
    else if (name === 'mmap') this.#checkMapping(whole);
    else if (name.startsWith('rename')) this.#rename(whole);
    else if (name.startsWith('link')) this.#rename(whole, true);
    else if (name.startsWith('unlink')) this.#unlink(whole);
    else if (open === undefined) return;
    else if (name === 'lseek') open.position = result;
    else if (name === 'ftruncate') this.#resize(open, whole);
    else if (name === 'fsync' && open.file === 0) this.#events.push({ type: 'directory', path: open.path });
    else if (name === 'fsync' || name === 'fdatasync') this.#events.push({ type: 'flushed', call });
    else if (/write/.test(name)) this.#events.push({ type: 'written', call, isFlushed: open.isFlushing });
  }

  #open(text: string, fd: number): void {
    const path = pathsIn(text)[0] ?? '';
    const isFlushing = /O_D?SYNC/.test(text);
    const name = this.#nameOf(path);
    if (/O_DIRECTORY/.test(text) || name === undefined) {
      // Directories are opened to be flushed. All other files are ignored.
      if (this.#directory.startsWith(path))
        this.#descriptors.set(fd, { path, file: 0, isFlushing, position: 0 });
      else this.#descriptors.delete(fd);
      return;
    }
    let file = this.#names.get(name);
    if (file === undefined) {
      file = ++this.#files;
      this.#names.set(name, file);
      this.#events.push({ type: 'link', file, name });
    }
    if (/O_TRUNC/.test(text)) this.#events.push({ type: 'resize', file, size: 0 });
    this.#descriptors.set(fd, { path, file, isFlushing, position: 0 });
  }

  #resize({ file }: OpenFile, text: string): void {
    this.#events.push({ type: 'resize', file, size: Number(/, (\d+)/.exec(text)?.[1]) });
  }

  #rename(text: string, keepsOther = false): void {
    const [from, to] = pathsIn(text).map((path) => this.#nameOf(path));
    const file = from === undefined ? undefined : this.#names.get(from);
    if (from === undefined || to === undefined || file === undefined) return;
    if (!keepsOther) {
      this.#names.delete(from);
      this.#events.push({ type: 'unlink', name: from });
    }
    this.#names.set(to, file);
    this.#events.push({ type: 'link', file, name: to });
  }

  #unlink(text: string): void {
    const name = this.#nameOf(pathsIn(text)[0] ?? '');
    if (name === undefined || !this.#names.delete(name)) return;
    this.#events.push({ type: 'unlink', name });
  }

  /** Throws if the journal file is mapped for writing, because writes to a mapping are not system calls. */
  #checkMapping(text: string): void {
    const fd = Number(/, (\d+)(?:<[^>]*>)?, [\dx]+\)/.exec(text)?.[1]);
    const path = this.#descriptors.get(fd)?.path ?? '';
    if (path.endsWith('data.mdb') && text.includes('PROT_WRITE') && text.includes('MAP_SHARED'))
      throw new Error(
        'The journal file must not be mapped for writing, because the trace cannot show such writes.',
      );
  }

  #nameOf(path: string): string | undefined {
    return path.startsWith(`${this.#directory}/`) ? path.slice(this.#directory.length + 1) : undefined;
  }
}

function resultOf(line: string): number {
  const result = / = (-?\d+)/.exec(line.slice(line.lastIndexOf(') ')))?.[1];
  return result === undefined ? -1 : Number(result);
}

function pathsIn(text: string): string[] {
  return Array.from(text.matchAll(/"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?/g), ([, hex = '']) =>
    bytesOf(hex).toString(),
  );
}

/** Returns the concatenated bytes of all strings of a call. */
function bufferOf(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const [, hex = '', cut] of text.matchAll(/"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?/g)) {
    if (cut !== undefined)
      throw new Error('The trace must have every byte of a write, but strace has cut one off.');
    parts.push(bytesOf(hex));
  }
  return Buffer.concat(parts);
}

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
