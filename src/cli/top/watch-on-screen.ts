import { emitKeypressEvents } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { MemStoreError } from '../../index.ts';
import { colorsFor } from '../colors.ts';
import { exitCodes } from '../exit-codes.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import { drawScreen, type View } from './draw-screen.ts';
import type { TopFlags } from './run-top.ts';
import { ratesBetween, type Sample, takeSample } from './sample.ts';

/** The number of rates to keep. No terminal has more columns. */
const KEPT_RATES = 500;

/** Draws the state of a store once per interval until the user quits. Returns the exit status. */
export async function watchOnScreen(store: AnyRemoteStore, where: string, flags: TopFlags): Promise<number> {
  const { stdin, stdout } = process;
  const colors = colorsFor(stdout);
  const update = createLogUpdate(stdout);
  const leave = new AbortController();
  let isHeld = false;
  let view: View | undefined;
  const draw = (): void => {
    if (view !== undefined) update(drawScreen({ ...view, isHeld }, stdout.columns, stdout.rows, colors));
  };
  const onKey = (_text: string, key: { readonly name?: string; readonly ctrl?: boolean }): void => {
    if (key.name === 'q' || (key.ctrl === true && key.name === 'c')) leave.abort();
    if (key.name !== 'space') return;
    isHeld = !isHeld;
    draw();
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on('keypress', onKey);
  stdout.on('resize', draw);
  try {
    const commitRates: number[] = [];
    let before: Sample | undefined;
    for (let taken = 0; taken < (flags.count ?? Number.POSITIVE_INFINITY) && !leave.signal.aborted; taken++) {
      let trouble: string | undefined;
      try {
        const sample = await takeSample(store);
        const rates = ratesBetween(before ?? sample, sample);
        // The first sample has no earlier sample to compare with.
        if (before !== undefined) commitRates.push(rates.commits);
        before = sample;
        if (commitRates.length > KEPT_RATES) commitRates.shift();
        if (!isHeld || view === undefined)
          view = { where, sample, rates, commitRates: [...commitRates], trouble, isHeld };
      } catch (error) {
        if (!(error instanceof MemStoreError)) throw error;
        trouble = 'connection lost; reconnecting';
        if (view !== undefined) view = { ...view, trouble };
      }
      draw();
      await delayUnlessAborted(flags.interval, leave.signal);
    }
    return exitCodes.ok;
  } finally {
    update.done();
    stdout.off('resize', draw);
    stdin.off('keypress', onKey);
    stdin.setRawMode(false);
    stdin.pause();
  }
}

/** Waits until the delay has passed or the signal is aborted. */
async function delayUnlessAborted(delayMs: number, signal: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
