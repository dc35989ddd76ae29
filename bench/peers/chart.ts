import { parse, type Spec, View } from 'vega';
import type { Line } from './summarize.ts';

/**
 * Returns a chart as SVG. It has a bar for each contender: its time divided by the time of MemStore, on a
 * logarithmic scale.
 */
export function chart(title: string, lines: readonly Line[]): Promise<string> {
  const spec: Spec = {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    title: { text: title, anchor: 'start' },
    width: 420,
    height: { signal: 'bandspace(domain("contender").length, 0.2, 0.1) * 20' },
    padding: 8,
    background: 'white',
    data: [
      { name: 'lines', values: lines.map((line) => ({ ...line, label: `${line.ratio.toPrecision(3)} ×` })) },
    ],
    scales: [
      {
        name: 'contender',
        type: 'band',
        domain: { data: 'lines', field: 'contender' },
        range: { step: 20 },
        padding: 0.2,
      },
      { name: 'ratio', type: 'log', domain: domainOf(lines), range: 'width' },
    ],
    axes: [
      { orient: 'left', scale: 'contender', ticks: false, domain: false },
      { orient: 'bottom', scale: 'ratio', tickCount: 5, title: 'time taken, MemStore = 1 (logarithmic)' },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'lines' },
        encode: {
          enter: {
            y: { scale: 'contender', field: 'contender' },
            height: { scale: 'contender', band: 1 },
            x: { scale: 'ratio', value: domainOf(lines)[0] },
            x2: { scale: 'ratio', field: 'ratio' },
            fill: [
              { test: 'indexof(datum.contender, "MemStore") == 0', value: '#2f6f4f' },
              { value: '#9fb4c7' },
            ],
          },
        },
      },
      {
        type: 'text',
        from: { data: 'lines' },
        encode: {
          enter: {
            x: { scale: 'ratio', field: 'ratio', offset: 4 },
            y: { scale: 'contender', field: 'contender', band: 0.5 },
            baseline: { value: 'middle' },
            fontSize: { value: 10 },
            text: { field: 'label' },
          },
        },
      },
    ],
  };
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}

function domainOf(lines: readonly Line[]): [number, number] {
  const ratios = lines.map(({ ratio }) => ratio);
  return [Math.min(0.5, ...ratios) / 1.5, Math.max(2, ...ratios) * 2];
}
