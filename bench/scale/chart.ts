/** What a bench writes for `npm run draw --prefix bench`: lines on two logarithmic scales. */
export interface Chart {
  readonly title: string;
  /** What the scales are of. */
  readonly x: string;
  readonly y: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly series: string }[];
}
