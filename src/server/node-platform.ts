import { setMaxListeners } from 'node:events';
import { setImmediate as yieldTurn } from 'node:timers/promises';
import type { SessionHost } from '../serving/session-host.ts';

/** The parts of a session host that need Node. */
export const nodePlatform: Pick<SessionHost, 'yieldTurn' | 'createController'> = {
  // Use setImmediate, because the timer in `Clock.yieldTurn` takes about a millisecond.
  yieldTurn: () => yieldTurn(),
  createController() {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    return controller;
  },
};
