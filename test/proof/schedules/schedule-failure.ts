import { formatProgram, type Program, parseProgram } from './program.ts';
import { formatSetup, parseSetup, type Setup } from './setup.ts';

/** A schedule on which something happened that must not happen. */
export interface ScheduleFailure {
  readonly setup: Setup;
  readonly program: Program;
  readonly schedule: readonly number[];
  readonly reason: string;
}

/** One line, which `npm run prove -- --replay` takes: the store, the program, and who makes each step. */
export function formatSchedule({ setup, program, schedule }: Omit<ScheduleFailure, 'reason'>): string {
  return `${formatSetup(setup)}: ${formatProgram(program)}: ${schedule.join('')}`;
}

export function parseSchedule(line: string): Omit<ScheduleFailure, 'reason'> {
  const [setup, program, schedule] = line.split(':');
  if (setup === undefined || program === undefined || schedule === undefined)
    throw new Error('a schedule has three parts, with colons between them');
  return {
    setup: parseSetup(setup),
    program: parseProgram(program),
    schedule: Array.from(schedule.trim(), Number),
  };
}
