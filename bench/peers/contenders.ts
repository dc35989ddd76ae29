import { betterSqlite } from './better-sqlite.ts';
import type { Contender } from './contender.ts';
import { effectMap } from './effect-map.ts';
import { lmdbStores } from './lmdb-stores.ts';
import { maps } from './maps.ts';
import { memStores } from './mem-stores.ts';
import { memoryLevel } from './memory-level.ts';
import { pglite } from './pglite.ts';
import { redisStores } from './redis-stores.ts';

/** All contenders. The others are compared with the first one, MemStore. */
export const contenders: readonly Contender[] = [
  ...memStores,
  ...maps,
  betterSqlite,
  ...lmdbStores,
  memoryLevel,
  effectMap,
  pglite,
  ...redisStores,
];
