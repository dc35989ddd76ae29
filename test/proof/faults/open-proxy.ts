import { onTestFinished } from 'vitest';
import { type Faults, FaultyProxy } from './faulty-proxy.ts';

/** Opens a proxy in front of a server. The proxy closes at the end of the test. */
export async function openProxy(
  serverPort: number,
  faults: (connection: number) => Faults = () => ({}),
): Promise<FaultyProxy> {
  const proxy = new FaultyProxy(serverPort, faults);
  await proxy.listen();
  onTestFinished(() => proxy.close());
  return proxy;
}
