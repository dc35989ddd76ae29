import { signalExitCode } from '../exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof SIGNALS)[number];

/** Waits for a signal that asks the process to stop. A second signal ends the process immediately. */
export class StopSignals {
  readonly first: Promise<StopSignal>;
  readonly #onSignal: (signal: StopSignal) => void;

  constructor() {
    let resolve: (signal: StopSignal) => void = () => {};
    this.first = new Promise((settle) => {
      resolve = settle;
    });
    let isStopping = false;
    this.#onSignal = (signal) => {
      if (isStopping) process.exit(signalExitCode(signal));
      isStopping = true;
      resolve(signal);
    };
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  stopListening(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}
