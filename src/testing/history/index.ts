export { checkHistory, type HistoryOptions } from './check-history.ts';
export { formatReport } from './format-report.ts';
export type {
  AppendOperation,
  DeleteOperation,
  History,
  HistoryTransaction,
  HistoryValue,
  Operation,
  ReadOperation,
  ReadValue,
  ScanOperation,
  TransactionId,
  WriteOperation,
} from './history.ts';
export type {
  Anomaly,
  AnomalyName,
  DependencyKind,
  DependencyStep,
  HistoryReport,
} from './history-report.ts';
export type { IsolationLevel } from './isolation-level.ts';
export { type HistoryRecorder, recordHistory } from './record-history.ts';
export type { RecordedValue } from './recorded-operations.ts';
