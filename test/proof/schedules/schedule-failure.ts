import { formatProgram, type Program, parseProgram } from './program.ts';
import { formatSetup, parseSetup, type Setup } from './setup.ts';

/** A schedule during which a check failed. */
export interface ScheduleFailure {
  readonly setup: Setup;
  readonly program: Program;
  readonly schedule: readonly number[];
  readonly reason: string;
}

/**
 * Formats a schedule as a line for `npm run prove -- --replay`: the store, the program, and the actor of each
 * step.
 */
export function formatSchedule({ setup, program, schedule }: Omit<ScheduleFailure, 'reason'>): string {
  return `${formatSetup(setup)}: ${formatProgram(program)}: ${schedule.join('')}`;
}

export function parseSchedule(line: string): Omit<ScheduleFailure, 'reason'> {
  const [setup, program, schedule] = line.split(':');
  if (setup === undefined || program === undefined || schedule === undefined)
    throw new Error(`A schedule must have three parts separated by colons, got ${line}.`);
  return {
    setup: parseSetup(setup),
    program: parseProgram(program),
    schedule: Array.from(schedule.trim(), Number),
  };
}
