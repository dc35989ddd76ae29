import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { isProcessAlive } from './owner.ts';

const UNFINISHED = /^data\.mdb\.(\d+)\.[\w-]+\.new(-lock)?$/;

/**
 * Makes an empty LMDB file, if there is none. LMDB writes its first pages in place, so that a loss of power
 * could leave a file that cannot be opened. Here the file gets its name when its pages are on disk.
 *
 * @throws what LMDB or the file system says, as a rejection
 */
export async function createFile(directory: string): Promise<void> {
  const file = join(directory, 'data.mdb');
  if (existsSync(file)) return;
  const unfinished = `${file}.${process.pid}.${randomUUID()}.new`;
  try {
    // LMDB's binding for Node crashes of some errors that this reports.
    closeSync(openSync(unfinished, 'wx'));
    await open({ path: unfinished, noSubdir: true, overlappingSync: false }).close();
    flush(unfinished);
    nameFile(unfinished, file);
  } finally {
    for (const path of [unfinished, `${unfinished}-lock`]) rmSync(path, { force: true });
  }
}

/** Removes what processes left that died while they made a file. */
export function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = UNFINISHED.exec(name)?.[1];
    if (pid !== undefined && !isProcessAlive(Number(pid), undefined))
      rmSync(join(directory, name), { force: true });
  }
}

/** Another process may be making the file, too. The file that has the name first keeps it. */
function nameFile(unfinished: string, file: string): void {
  try {
    linkSync(unfinished, file);
  } catch {
    if (existsSync(file)) return;
    // Some file systems have no hard links.
    renameSync(unfinished, file);
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
