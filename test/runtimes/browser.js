import * as memstore from 'memstore-tx';
import './smoke.js';

// What a page gets: everything but what needs sockets.
for (const name of ['MemStore', 'MemStoreError', 'keyLocks'])
  if (!(name in memstore)) throw new Error(`there is no ${name} in a browser`);
for (const name of ['connect', 'startServer'])
  if (name in memstore) throw new Error(`there is a ${name} in a browser`);
console.log('browser passed');
