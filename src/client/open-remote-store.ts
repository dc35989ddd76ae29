import { RemoteStore } from '../remote/remote-store.ts';
import { type ConnectOptions, resolveConnectOptions } from './connect-options.ts';
import { Dialer } from './dialer.ts';

/** Connects to a server and returns its store. See `connect` in the main entry. */
export async function openRemoteStore<S extends object>(
  given: ConnectOptions | string,
): Promise<RemoteStore<S>> {
  const options = resolveConnectOptions(given);
  const dialer = new Dialer(options);
  await dialer.open();
  return new RemoteStore<S>(dialer, options);
}
