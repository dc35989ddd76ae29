import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The options of redis-benchmark. */
export interface RedisBenchmarkOptions {
  readonly test: 'get' | 'set';
  /** The number of requests per write. */
  readonly pipeline: number;
  /** The number of keys to choose from at random. */
  readonly keys: number;
}

/** Runs redis-benchmark with 50 clients and returns the requests per second. */
export async function redisBenchmark(
  port: number,
  { test, pipeline, keys }: RedisBenchmarkOptions,
  requests: number,
): Promise<number> {
  const args = ['-p', port, '-c', 50, '-P', pipeline, '-n', requests, '-r', keys, '-t', test, '--csv'];
  const { stdout } = await promisify(execFile)('redis-benchmark', args.map(String));
  const [, perSecond] = JSON.parse(`[${stdout.trim().split('\n').at(-1)}]`) as string[];
  return Number(perSecond);
}
