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
 * Creates an empty LMDB file, if there is none. LMDB writes its first pages in place, so a power failure
 * could leave a file that cannot be opened. So this function creates the file under another name, and renames
 * it when its pages are on disk.
 *
 * @throws the error of LMDB or of the file system, as a rejection
 */
export async function createFile(directory: string): Promise<void> {
  const file = join(directory, 'data.mdb');
  if (existsSync(file)) return;
  const unfinished = `${file}.${process.pid}.${randomUUID()}.new`;
  try {
    // This call reports errors, such as a missing permission, that would crash LMDB's binding for Node.
    closeSync(openSync(unfinished, 'wx'));
    await open({ path: unfinished, noSubdir: true, overlappingSync: false }).close();
    flush(unfinished);
    nameFile(unfinished, file);
  } finally {
    for (const path of [unfinished, `${unfinished}-lock`]) rmSync(path, { force: true });
  }
}

/** Removes the unfinished files of processes that died while they created one. */
export function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = UNFINISHED.exec(name)?.[1];
    if (pid !== undefined && !isProcessAlive(Number(pid), undefined))
      rmSync(join(directory, name), { force: true });
  }
}

/** Gives the new file its name. If another process has already created the file, keeps that one. */
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
