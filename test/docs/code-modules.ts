/** One module made of the code blocks of a document. */
export interface CodeModule {
  /** The document and the line of the first block, as in `docs/guide/transactions.md:17`. */
  readonly name: string;
  readonly language: 'ts' | 'js';
  readonly code: string;
  /** False for blocks marked `no-run`, which are only type-checked. */
  readonly runs: boolean;
}

const languages: ReadonlyMap<string, CodeModule['language']> = new Map([
  ['ts', 'ts'],
  ['typescript', 'ts'],
  ['js', 'js'],
  ['javascript', 'js'],
]);
const flags: ReadonlySet<string> = new Set(['continued', 'no-run']);

/**
 * Returns the TypeScript and JavaScript modules of a Markdown document. Each fenced block is one module. A
 * block that is marked `continued` belongs to the module of the block before it.
 * @throws {Error} for an unknown mark, and for `continued` without a block to continue.
 */
export function codeModules(document: string, markdown: string): CodeModule[] {
  const modules: CodeModule[] = [];
  for (const { line, info, code } of fencedBlocks(markdown)) {
    const [label = '', ...marks] = info.split(/\s+/);
    const language = languages.get(label.toLowerCase());
    if (!language) continue;
    const name = `${document}:${line}`;
    const unknown = marks.find((mark) => !flags.has(mark));
    if (unknown !== undefined)
      throw new Error(`${name}: "${unknown}" is not a mark of a code block; use ${[...flags].join(' or ')}.`);
    const runs = !marks.includes('no-run');
    if (marks.includes('continued')) {
      const last = modules.pop();
      if (last?.language !== language)
        throw new Error(`${name}: \`continued\` needs a ${language} block before this one.`);
      modules.push({ ...last, code: `${last.code}\n${code}`, runs: last.runs && runs });
    } else {
      modules.push({ name, language, code, runs });
    }
  }
  return modules;
}

interface FencedBlock {
  readonly line: number;
  readonly info: string;
  readonly code: string;
}

function fencedBlocks(markdown: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: { fence: string; indent: number; line: number; info: string; code: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, indent = '', fence = '', info = ''] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(text) ?? [];
    if (!open) {
      if (fence) open = { fence, indent: indent.length, line: index + 1, info: info.trim(), code: [] };
    } else if (fence.startsWith(open.fence) && info.trim() === '') {
      blocks.push({ line: open.line, info: open.info, code: open.code.join('\n') });
      open = undefined;
    } else {
      // A block in a list is indented with the list.
      open.code.push(text.slice(0, open.indent).trim() === '' ? text.slice(open.indent) : text);
    }
  }
  if (open) throw new Error(`line ${open.line}: the code block is not closed; add its closing fence.`);
  return blocks;
}
