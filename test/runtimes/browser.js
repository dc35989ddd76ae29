import * as memstore from 'memstore-tx';
import './smoke.js';

// This page tests everything except the parts that need sockets.
for (const name of ['MemStore', 'MemStoreError', 'keyLocks'])
  if (!(name in memstore)) throw new Error(`there is no ${name} in a browser`);
for (const name of ['connect', 'startServer'])
  if (name in memstore) throw new Error(`there is a ${name} in a browser`);
console.log('browser passed');
