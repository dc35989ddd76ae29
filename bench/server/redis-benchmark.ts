import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What redis-benchmark is told. */
export interface RedisBenchmarkOptions {
  readonly test: 'get' | 'set';
  /** How many requests are sent in one piece. */
  readonly pipeline: number;
  /** How many keys are chosen from at random; by itself it has one. */
  readonly keys: number;
}

/** Requests per second of redis-benchmark with 50 clients. */
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
