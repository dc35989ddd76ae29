import { colorsFor } from '../colors.ts';

/** One log record: an event name and facts for programs, and a message for people. */
export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly message: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export type ServerLog = (record: LogRecord) => void;

/** Returns a function that logs to standard error, either as one JSON object per line or as plain text. */
export function serverLog(form: 'json' | 'pretty' | undefined): ServerLog {
  const { stderr } = process;
  if ((form ?? (stderr.isTTY ? 'pretty' : 'json')) === 'json')
    return ({ level, event, message, facts }) => {
      const time = new Date().toISOString();
      stderr.write(`${JSON.stringify({ time, level, event, ...facts, message })}\n`);
    };
  const colors = colorsFor(stderr);
  const paint = { info: (text: string) => text, warn: colors.yellow, error: colors.red };
  return ({ level, message }) => {
    const time = new Date().toTimeString().slice(0, 8);
    stderr.write(`${colors.dim(time)} ${paint[level](message)}\n`);
  };
}
