import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../scratch-directory.ts';
import { Program } from './run-program.ts';

/** Why system calls cannot be watched here, in words; undefined where they can. */
const missing: string | undefined =
  spawnSync('strace', ['-f', 'true']).status === 0
    ? undefined
    : 'strace is not installed here, or may not watch';

const committer = new Program(new URL('./sync-program.ts', import.meta.url));

/** One system call on the file of the journal; the meta page is the one that makes a commit valid. */
type Call = 'data' | 'flush' | 'meta page' | 'meta page, flushed';

/** LMDB's two meta pages, which take turns, are the first of the file. */
const END_OF_META_PAGES = 2 * 4_096;

/** What happens to `data.mdb` during each commit, of which a trace of the process tells. */
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

describe.skipIf(missing)(
  `the order of writes${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('is data, flush, and then the page that makes it valid, which is flushed before the commit returns', async () => {
      const scratch = scratchDirectory();
      const trace = join(scratch, 'trace');
      const calls = 'trace=openat,write,writev,pwrite64,pwritev,fsync,fdatasync,msync';
      const watched = `set -- strace -f -y -e ${calls} -o '${trace}' "$0" "$@"; exec "$@"`;
      const { code, lines } = await committer.run([join(scratch, 'data')], watched);
      expect({ code, lines: lines.length }).toEqual({ code: 0, lines: 10 });
      const commits = callsOfCommits(readFileSync(trace, 'utf8'));
      expect(commits).toHaveLength(5);
      // Before the data may come zeros that make room for it.
      for (const commit of commits) expect(commit.join('; ')).toMatch(/^(data; )+flush; meta page, flushed$/);
    });
  },
);
