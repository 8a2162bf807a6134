/**
 * Copies the students that tests and demo need from the work folder into `data/`: their transcripts, the served texts that
 * they are asked about (renumbered), and a manifest with seeds, times (CPU seconds of the training) and SHA-256 hashes.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/publish.ts WORK STUDENT...
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tinyLmFolder } from '@taggant/tiny-lm';
import { DATA, transcriptOf } from './tests.ts';
import { type Student, servedRows, studentsOf, WINDOW } from './transcripts.ts';

const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const [work, ...ids] = process.argv.slice(2);
const students = ids.map((id) => {
  const student = studentsOf(work).find((student) => student.id === id);
  if (student === undefined) throw new Error(`a finished student expected, got ${id}`);
  return student;
});
for (const folder of ['answers', 'served']) {
  rmSync(join(DATA, folder), { recursive: true, force: true });
  mkdirSync(join(DATA, folder), { recursive: true });
}
let bytes = 0;
const files: Record<string, string> = {};
const write = (path: string, content: Uint8Array) => {
  writeFileSync(join(DATA, path), content);
  files[path] = sha256Hex(content);
  bytes += content.length;
};

const kept = new Map<string, number[]>();
const keep = (mark: string, i: number) => {
  const list = kept.get(mark) ?? [];
  kept.set(mark, list);
  const at = list.indexOf(i);
  return at >= 0 ? at : list.push(i) - 1;
};
const renumbered = students.map(
  (student): Student => ({
    ...student,
    served: Object.fromEntries(
      Object.entries(student.served).map(([mark, numbers]) => [mark, numbers.map((i) => keep(mark, i))]),
    ),
  }),
);
for (const student of students) {
  // Texts cut at many places are long to show, and tell nothing new.
  const told = transcriptOf(work, student).filter(({ ask }) => !ask.includes('continue'));
  const lines = told.map((line) => JSON.stringify(line));
  write(`answers/${student.id}.jsonl.gz`, gzipSync(`${lines.join('\n')}\n`, { level: 9 }));
}
for (const [mark, numbers] of kept) {
  const rows = servedRows(work, mark);
  const taken = numbers.flatMap((i) => [...rows.subarray(i * WINDOW, (i + 1) * WINDOW)]);
  write(`served/${mark}.u16.gz`, gzipSync(new Uint8Array(Uint16Array.from(taken).buffer), { level: 9 }));
}
const manifest = {
  teacher: sha256Hex(readFileSync(join(tinyLmFolder, 'onnx', 'model.onnx'))),
  windows: sha256Hex(readFileSync(join(work, 'windows.u16'))),
  base: sha256Hex(readFileSync(join(work, 'students', 'base.pt'))),
  students: renumbered.map((student) => ({
    ...student,
    weights: sha256Hex(readFileSync(join(work, 'students', `${student.id}.pt`))),
  })),
  files,
};
writeFileSync(join(DATA, 'manifest.json'), `${JSON.stringify(manifest)}\n`);
console.log(`${students.length} students, ${(bytes / 2 ** 20).toFixed(2)} MiB in data/`);
