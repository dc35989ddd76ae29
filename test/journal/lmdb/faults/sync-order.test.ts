import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../../../skip-note.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { Program } from './run-program.ts';

/** The reason why system calls cannot be traced here, or `undefined` if they can. */
const missing: string | undefined =
  spawnSync('strace', ['-f', 'true']).status === 0
    ? undefined
    : 'strace is not installed here, or lacks permission';

const committer = new Program(new URL('./sync-program.ts', import.meta.url));

/** A system call on the journal file. The write of a meta page makes a commit valid. */
type Call = 'data' | 'flush' | 'meta page' | 'meta page, flushed';

/** The file starts with the two meta pages of LMDB, which are used alternately. */
const END_OF_META_PAGES = 2 * 4_096;

/** Returns the system calls on `data.mdb` during each commit, from an strace log. */
function callsOfCommits(trace: string): Call[][] {
  const commits: Call[][] = [];
  const flushing = new Set<string>();
  let current: Call[] | undefined;
  for (const line of trace.split('\n')) {
    const opened = /openat\(.*data\.mdb".*O_D?SYNC.*\) = (\d+)/.exec(line);
    if (opened?.[1] !== undefined) flushing.add(opened[1]);
    if (line.includes('committing')) current = [];
    if (line.includes('committed') && current !== undefined) commits.push(current);
    const [, name = '', file = ''] = /(\w+)\((\d+)<[^>]*data\.mdb>/.exec(line) ?? [];
    if (/sync/.test(name)) current?.push('flush');
    if (!/write/.test(name)) continue;
    const place =
      name === 'pwrite64' ? Number(/, (\d+)(\)| <unfinished)/.exec(line)?.[1]) : END_OF_META_PAGES;
    const isMeta = place < END_OF_META_PAGES;
    current?.push(isMeta ? (flushing.has(file) ? 'meta page, flushed' : 'meta page') : 'data');
  }
  return commits;
}

describe.skipIf(missing)(`the order of writes${skipNote(missing)}`, () => {
  it('is data, flush, and then the meta page, which is flushed before the commit returns', async () => {
    const scratch = scratchDirectory();
    const trace = join(scratch, 'trace');
    const calls = 'trace=openat,write,writev,pwrite64,pwritev,fsync,fdatasync,msync';
    const watched = `set -- strace -f -y -e ${calls} -o '${trace}' "$0" "$@"; exec "$@"`;
    const { code, lines } = await committer.run([join(scratch, 'data')], watched);
    expect({ code, lines: lines.length }).toEqual({ code: 0, lines: 10 });
    const commits = callsOfCommits(readFileSync(trace, 'utf8'));
    expect(commits).toHaveLength(5);
    // LMDB may first write zeros to allocate space for the data.
    for (const commit of commits) expect(commit.join('; ')).toMatch(/^(data; )+flush; meta page, flushed$/);
  });
});
