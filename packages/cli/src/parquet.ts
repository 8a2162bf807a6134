/** Rows of a Parquet file, one row group in memory at a time. @module */
import { stat } from 'node:fs/promises';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { at, CommandError } from './errors.ts';
import type { OnBytes } from './input.ts';

/** Rows of a file, as objects. */
export interface Rows {
  /** How errors call the file. */
  readonly name: string;
  /** Number of the first row, from 1. */
  readonly row: number;
  readonly rows: readonly Record<string, unknown>[];
}

/** Columns to read: those that must be there, and those that may. */
export interface Columns {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** A file in pieces of a few hundred rows. */
export async function* readRows(path: string, columns: Columns, onBytes?: OnBytes): AsyncGenerator<Rows> {
  const { parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  try {
    const { file, metadata } = await openParquet(path);
    const wanted = { file, metadata, columns: chosen(columns, metadata, path), compressors, parsers: PARSERS };
    let done = 0;
    for (const { num_rows, total_compressed_size, total_byte_size } of metadata.row_groups) {
      const rowEnd = done + Number(num_rows);
      const rows = await parquetReadObjects({ ...wanted, rowStart: done, rowEnd });
      for (let i = 0; i < rows.length; i += ROWS)
        yield { name: path, row: done + i + 1, rows: rows.slice(i, i + ROWS) };
      onBytes?.(Number(total_compressed_size ?? total_byte_size));
      done = rowEnd;
    }
  } catch (error) {
    throw error instanceof CommandError ? error : at(`cannot read ${path}`, error);
  }
}

async function openParquet(path: string): Promise<{ file: AsyncBuffer; metadata: FileMetaData }> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import('hyparquet');
  if ((await stat(path)).isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
  const file = await asyncBufferFromFile(path);
  try {
    return { file, metadata: await parquetMetadataAsync(file) };
  } catch {
    throw new CommandError(`${path}: expected a Parquet file, got one that is none, or that was cut off`);
  }
}

function chosen({ required, optional }: Columns, { schema }: FileMetaData, path: string): string[] {
  // The schema is a tree in depth-first order; the children of its root are the columns.
  const names: string[] = [];
  for (let i = 1; i < schema.length; i = after(i)) names.push(schema[i].name);
  const missing = required.find((name) => !names.includes(name));
  if (missing !== undefined) throw new CommandError(`${path}: expected a column "${missing}", got ${names.join(', ')}`);
  return [...required, ...optional.filter((name) => names.includes(name))];

  function after(i: number): number {
    let next = i + 1;
    for (let children = schema[i].num_children ?? 0; children > 0; children--) next = after(next);
    return next;
  }
}

/** Text as strictly decoded as in other files. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const PARSERS = { stringFromBytes: (bytes: Uint8Array) => bytes && utf8.decode(bytes) };
const ROWS = 256;
