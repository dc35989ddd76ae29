// A served store, as a process of its own: it prints its port.
import { MemStore, startServer } from 'memstore-tx';

const server = await startServer(new MemStore(), { port: 0 });
console.log(server.port);
