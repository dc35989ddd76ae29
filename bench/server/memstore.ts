// Serves a store in its own process, and prints the port.
import { MemStore, startServer } from 'memstore-tx';

const server = await startServer(new MemStore(), { port: 0 });
console.log(server.port);
