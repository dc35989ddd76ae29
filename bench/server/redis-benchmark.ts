import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const KEYS = 100_000;

/** Requests per second of redis-benchmark with 50 clients. */
export async function redisBenchmark(
  port: number,
  test: 'get' | 'set',
  pipeline: number,
  requests: number,
): Promise<number> {
  const args = ['-p', port, '-c', 50, '-P', pipeline, '-n', requests, '-r', KEYS, '-t', test, '--csv'];
  const { stdout } = await promisify(execFile)('redis-benchmark', args.map(String));
  const [, perSecond] = JSON.parse(`[${stdout.trim().split('\n').at(-1)}]`) as string[];
  return Number(perSecond);
}
