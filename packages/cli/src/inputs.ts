/** What `detect` tests: files of any kind as batches, in order, each small enough to be handed to a thread. @module */
import { nameWithin } from './compression.ts';
import { countLines, type Lines, linesAfter, nameOf, type OnBytes, readLines, readText } from './input.ts';
import { type Columns, type Rows, readRows } from './parquet.ts';

export type Batch = Lines | Rows | WholeText;

/** A file that is one text. */
export interface WholeText {
  readonly name: string;
  readonly id: string;
  readonly text: string;
}

export interface Source {
  readonly paths: readonly string[];
  /** Whether a file holds many inputs, whatever its name. */
  readonly jsonl: boolean;
  readonly columns: Columns;
}

export const isParquet = (path: string) => path.endsWith('.parquet');

export async function* readBatches({ paths, jsonl, columns }: Source, onBytes: OnBytes): AsyncGenerator<Batch> {
  for (const path of paths) {
    if (isParquet(path)) yield* readRows(path, columns, onBytes);
    else if (jsonl || /\.(jsonl|ndjson)$/.test(nameWithin(path))) yield* readLines(path, onBytes);
    else yield { name: nameOf(path), id: path, text: await readText(path, onBytes) };
  }
}

/** The batches without their first `skipped` inputs. */
export async function* batchesAfter(batches: AsyncIterable<Batch>, skipped: number): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    const size = skipped === 0 ? 1 : sizeOf(batch);
    if (skipped < size) yield skipped === 0 ? batch : partAfter(batch, skipped);
    skipped = Math.max(0, skipped - size);
  }
}

function sizeOf(batch: Batch): number {
  if ('bytes' in batch) return countLines(batch);
  return 'rows' in batch ? batch.rows.length : 1;
}

function partAfter(batch: Batch, skipped: number): Batch {
  if ('bytes' in batch) return linesAfter(batch, skipped);
  return 'rows' in batch ? { ...batch, row: batch.row + skipped, rows: batch.rows.slice(skipped) } : batch;
}
