/** The file format that `npm run draw --prefix bench` draws: lines with two logarithmic scales. */
export interface Chart {
  readonly title: string;
  /** The titles of the axes. */
  readonly x: string;
  readonly y: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly series: string }[];
}
