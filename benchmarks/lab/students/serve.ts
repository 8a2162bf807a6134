/**
 * The teacher's service: tiny-lm answers openings under a mark, in batches, and appends them to `<work>/served/<mark>.u16`.
 * Started again it goes on at the next batch; a batch is a function of its number.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/serve.ts WORK MARK REPLIES [--from 0]
 *
 * MARK is an id of marks.ts, or `plain`. `--from`: the first opening, for teachers that must not answer the same ones.
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Mark } from '@taggant/core';
import { generateMarked } from '@taggant/sampler/onnxruntime';
import { tinyLmFolder } from '@taggant/tiny-lm';
import * as ort from 'onnxruntime-node';
import { markOf } from './marks.ts';
import { xorshift } from './random.ts';

const OPENING = 16;
const REPLY = 112;
const WINDOW = OPENING + REPLY;
const BATCH = 50;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string', default: '0' } },
});
const [work, id, count] = positionals;
const from = Number(values.from);
const windows = readFileSync(join(work, 'windows.u16'));
const openings = new Uint16Array(windows.buffer, windows.byteOffset, windows.length / 2);
const folder = join(work, 'served');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${id}.u16`);
const whole = existsSync(file) ? Math.floor(statSync(file).size / (2 * WINDOW * BATCH)) : 0;
if (existsSync(file)) truncateSync(file, whole * 2 * WINDOW * BATCH);

const session = await ort.InferenceSession.create(join(tinyLmFolder, 'onnx', 'model.onnx'), {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
const mark: Mark = id === 'plain' ? { ...markOf('g4-d2-w2'), apply() {} } : markOf(id);
for (let batch = whole; batch * BATCH < Number(count); batch++) {
  const started = Date.now();
  const prompts = Array.from({ length: BATCH }, (_, i) => {
    const row = (from + batch * BATCH + i) * WINDOW;
    return Uint32Array.from([0, ...openings.subarray(row, row + OPENING)]);
  });
  const random = xorshift(`${id} ${batch}`);
  const replies = await generateMarked(ort, session, prompts, mark, { maxTokens: REPLY, random });
  const rows = prompts.flatMap((prompt, i) => [...prompt.subarray(1), ...replies[i]]);
  appendFileSync(file, Buffer.from(Uint16Array.from(rows).buffer));
  const rate = (BATCH * REPLY * 1000) / (Date.now() - started);
  console.log(`${id} ${(batch + 1) * BATCH} replies, ${rate.toFixed(0)} tokens/s`);
}
