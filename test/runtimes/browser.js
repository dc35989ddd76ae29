import * as memstore from 'memstore-tx';
import './smoke.js';

// This page tests everything except the parts that need sockets.
for (const name of ['MemStore', 'MemStoreError', 'keyLocks'])
  if (!(name in memstore)) throw new Error(`${name} is missing in the browser`);
for (const name of ['connect', 'startServer'])
  if (name in memstore) throw new Error(`${name} must not exist in the browser`);
console.log('browser passed');
