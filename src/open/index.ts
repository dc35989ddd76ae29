export { type CopyOptions, copyStore } from './copy-store.ts';
export { openStore } from './open-store.ts';
