// Lists the modules of Node.js that are loaded before the server and the client are called, and then calls
// both.
import { connect, MemStore, startServer } from 'memstore-tx';

const sockets = () => process.moduleLoadList.some((name) => name === 'NativeModule net');
const before = sockets() ? 'net' : 'none';
const store = new MemStore();
const server = await startServer(store, { port: 0 });
const remote = await connect({ port: server.port });
await remote.put('a', new Map([[1, 2n]]));
const copy = await remote.get('a');
const worked = copy instanceof Map && copy.get(1) === 2n && sockets();
await remote.close();
await server.close();
await store.close();
console.log(`before: ${before}; after: ${worked ? 'startServer, connect' : 'nothing'}`);
