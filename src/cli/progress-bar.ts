import { Format, type Params, SingleBar } from 'cli-progress';

/** A progress line on standard error. It shows a percentage, or only a count if the total is unknown. */
export interface ProgressBar {
  update(count: number, total: number | undefined): void;
  stop(): void;
}

const BAR = '{what} {bar} {percentage}%  {value} of {total}';
const BAR_WITH_TIME = `${BAR}  {eta_formatted} left`;
const COUNT = '{what}  {value}';

/** Returns a progress bar, or `undefined` if standard error is not a terminal. */
export function progressBar(what: string): ProgressBar | undefined {
  const { stderr } = process;
  if (!stderr.isTTY) return undefined;
  let isSized: boolean | undefined;
  const bar = new SingleBar({
    stream: stderr,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    format: (options, params, payload) => {
      const sized = isTimeKnown(params) ? BAR_WITH_TIME : BAR;
      return Format.Formatter({ ...options, format: isSized ? sized : COUNT }, params, payload);
    },
  });
  return {
    update(count, total) {
      isSized = total !== undefined && total > 0;
      // The store may have more entries now than when the total was counted.
      const shown = Math.max(total ?? 0, count);
      if (!bar.isActive) bar.start(shown, count, { what });
      bar.setTotal(shown);
      bar.update(count);
    },
    stop() {
      bar.stop();
    },
  };
}

/** Returns whether the remaining time is known. Before the first estimate, `eta` is not a number. */
function isTimeKnown({ eta, value, total }: Params): boolean {
  return typeof eta === 'number' && Number.isFinite(eta) && value < total;
}
