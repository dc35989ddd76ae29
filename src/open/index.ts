export type { CopyOptions } from './copy-options.ts';
export { copyStore } from './copy-store.ts';
export { openStore } from './open-store.ts';
