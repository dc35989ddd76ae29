import { expect, it } from 'vitest';
import { CrashRounds } from './crash-rounds.ts';

const ROUNDS = 12;
const SEED = 1 + Math.floor(Math.random() * 1_000_000);

it(`${ROUNDS} writers killed at random moments lose no acknowledged commit (seed ${SEED})`, async () => {
  const counts = await new CrashRounds(SEED).run(ROUNDS);
  expect(counts.crashes).toBe(ROUNDS);
  expect(counts.acknowledged).toBeGreaterThan(0);
});
