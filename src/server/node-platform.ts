import { setMaxListeners } from 'node:events';
import { setImmediate as yieldTurn } from 'node:timers/promises';
import type { SessionHost } from '../serving/session-host.ts';

/** The parts of a session's host that need Node. */
export const nodePlatform: Pick<SessionHost, 'yieldTurn' | 'createController'> = {
  // An immediate, because the timer behind a clock's turn takes about a millisecond.
  yieldTurn: () => yieldTurn(),
  createController() {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    return controller;
  },
};
