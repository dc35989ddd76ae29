/** The example session of the Python demo server that this project reimplements. */
export const DEMO_LINES: readonly string[] = [
  'BEGIN',
  'PUT nameofkey value999 1',
  'GET nameofkey 1',
  'BEGIN',
  'PUT house large 2',
  'PUT house small 2',
  'ROLLBACK 2',
  'DEL 2',
  'COMMITALL',
  'SHOWALL',
];

const ok = { status: 'Ok' };

/** The replies to `DEMO_LINES`. */
export const DEMO_REPLIES: readonly unknown[] = [
  { status: 'Ok', transaction_id: 1 },
  ok,
  { status: 'Ok', result: 'value999' },
  { status: 'Ok', transaction_id: 2 },
  ok,
  ok,
  ok,
  { status: 'Ok', result: 0 },
  ok,
  { status: 'Ok', result: [['nameofkey', 'value999', null]] },
];
