// Serves a store of the build in a given folder, and prints the port.
//   node dist-server.js <folder of dist> [limits as JSON]
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, limits = '{}'] = process.argv.slice(2);
const { MemStore, startServer } = await import(pathToFileURL(resolve(folder, 'index.js')).href);
const server = await startServer(new MemStore(), { port: 0, limits: JSON.parse(limits) });
console.log(server.port);
