export type { ConnectOptions } from './client/connect-options.ts';
export { connect } from './client/load-client.ts';
export type { TlsSettings } from './contract/tls-settings.ts';
// Where there are no sockets, as in a browser, the core is the whole of it.
export * from './core.ts';
export type { RemoteStore } from './remote/remote-store.ts';
export type { MemStoreServer } from './server/listen.ts';
export { startServer } from './server/load-server.ts';
export type { ServerEvent, ServerLimits, ServerOptions } from './server/server-options.ts';
