import { describe, expect, it } from 'vitest';
import { settleCommits } from '../../src/lifecycle/settle-commits.ts';

describe('settleCommits', () => {
  it('resolves when every commit has succeeded', async () => {
    await expect(settleCommits([Promise.resolve(), undefined])).resolves.toBeUndefined();
  });

  it('rejects with every error, after every commit has settled', async () => {
    const errors = [new Error('first'), new Error('second')];
    let isLastSettled = false;
    const last = Promise.resolve().then(() => {
      isLastSettled = true;
    });
    const settled = settleCommits([Promise.reject(errors[0]), Promise.reject(errors[1]), last]);
    await expect(settled).rejects.toMatchObject({
      errors,
      message: '2 of 3 transactions could not be committed.',
    });
    expect(isLastSettled).toBe(true);
  });
});
