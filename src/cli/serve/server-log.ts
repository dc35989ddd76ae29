import { colorsFor } from '../colors.ts';

/** One event: its name and facts for programs, a sentence for people. */
export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly message: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export type ServerLog = (record: LogRecord) => void;

/** Writes logs to standard error: JSON for programs, one object a line, or lines for people. */
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
