import type { Line } from './summarize.ts';
import type { Workload } from './workloads.ts';

/** Returns the results as Markdown tables, one per workload. */
export function markdown(lines: readonly Line[], workloads: readonly Workload[]): string {
  return workloads
    .map((workload) => {
      const rows = lines.filter((line) => line.workload === workload.name).map(row);
      if (rows.length === 0) return '';
      const head = `### ${workload.name}: ${workload.description}`;
      const columns =
        '| contender | time of one | takes × MemStore | quartiles | checksum |\n| --- | ---: | ---: | ---: | ---: |';
      return `${head}\n\n${columns}\n${rows.join('\n')}\n`;
    })
    .filter((table) => table !== '')
    .join('\n');
}

function row({ contender, medianNs, ratio, ratioLow, ratioHigh, checksum }: Line): string {
  return `| ${contender} | ${time(medianNs)} | ${figure(ratio)} | ${figure(ratioLow)} to ${figure(ratioHigh)} | ${checksum} |`;
}

function time(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
}

function figure(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0);
}
