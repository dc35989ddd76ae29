/**
 * Draws a chart that a benchmark wrote with `--output`.
 *
 *     npm run draw --prefix bench -- chart.json chart.svg
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, type Spec, View } from 'vega';
import type { Chart } from '../scale/chart.ts';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined)
  throw new Error('Usage: npm run draw --prefix bench -- chart.json chart.svg');
const { title, x, y, points }: Chart = JSON.parse(readFileSync(from, 'utf8'));

const spec: Spec = {
  $schema: 'https://vega.github.io/schema/vega/v6.json',
  title: { text: title, anchor: 'start' },
  width: 460,
  height: 260,
  padding: 8,
  background: 'white',
  data: [{ name: 'points', values: [...points] }],
  scales: [
    { name: 'x', type: 'log', domain: { data: 'points', field: 'x' }, range: 'width' },
    { name: 'y', type: 'log', domain: { data: 'points', field: 'y' }, nice: true, range: 'height' },
    { name: 'color', type: 'ordinal', domain: { data: 'points', field: 'series' }, range: 'category' },
  ],
  axes: [
    {
      orient: 'bottom',
      scale: 'x',
      title: x,
      values: [...new Set(points.map((point) => point.x))],
      labelOverlap: true,
    },
    { orient: 'left', scale: 'y', title: y, tickCount: 5, grid: true },
  ],
  legends: [{ stroke: 'color', symbolType: 'stroke', labelLimit: 0 }],
  marks: [
    {
      type: 'group',
      from: { facet: { name: 'line', data: 'points', groupby: 'series' } },
      marks: [
        {
          type: 'line',
          from: { data: 'line' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'x' },
              y: { scale: 'y', field: 'y' },
              stroke: { scale: 'color', field: 'series' },
              strokeWidth: { value: 2 },
            },
          },
        },
      ],
    },
  ],
};
writeFileSync(to, await new View(parse(spec), { renderer: 'none' }).toSVG());
