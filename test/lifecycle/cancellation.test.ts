import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { unlessAborted } from '../../src/lifecycle/cancellation.ts';

describe('unlessAborted', () => {
  const cancelled = { code: 'ABORTED', message: 'The copy was cancelled by its signal.', cause: 'enough' };

  it('rejects with the reason as the cause when the signal is aborted', async () => {
    const controller = new AbortController();
    const waiting = unlessAborted(new Promise(() => {}), controller.signal, 'copy');
    controller.abort('enough');
    await expect(waiting).rejects.toMatchObject(cancelled);
  });

  it('rejects if the signal was aborted before, and handles the rejection of the work', async () => {
    const work = Promise.reject(new Error('too late'));
    await expect(unlessAborted(work, AbortSignal.abort('enough'), 'copy')).rejects.toMatchObject(cancelled);
  });

  it('settles like the work, and then removes its listener from the signal', async () => {
    const { signal } = new AbortController();
    const failure = new Error('broken');
    await expect(unlessAborted(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(unlessAborted(Promise.reject(failure), signal)).rejects.toBe(failure);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
