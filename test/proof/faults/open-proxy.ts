import { onTestFinished } from 'vitest';
import { type Faults, FaultyProxy } from './faulty-proxy.ts';

/** A proxy in front of a server, which ends with the test. */
export async function openProxy(
  serverPort: number,
  faults: (connection: number) => Faults = () => ({}),
): Promise<FaultyProxy> {
  const proxy = new FaultyProxy(serverPort, faults);
  await proxy.listen();
  onTestFinished(() => proxy.close());
  return proxy;
}
