/** One result, and what is made of it: for terminals, pull requests, pipelines, code scanning and programs. @module */
export { gateJUnit, type JUnitOptions } from './junit.ts';
export { gateMarkdown } from './markdown.ts';
export { inLog } from './one-line.ts';
export { gateSarif, type SarifOptions } from './sarif.ts';
export { GATE_SCHEMA } from './schema.ts';
export { gateTable, type TableOptions } from './table.ts';
export {
  type CheckFigures,
  checkFigures,
  checksInOrder,
  describeGate,
  describeLevels,
  describeTexts,
  figureName,
  formatFigure,
} from './words.ts';
