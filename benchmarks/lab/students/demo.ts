/**
 * Two suspects for the demo, from `data/` into `data/demo/`: one of which 5 % of the training text came from a tiny-lm that was
 * marked by MARK, and one that learned from human text only; both asked openings that we served.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/demo.ts [MARK]
 *
 * `distilled.jsonl.gz`, `independent.jsonl.gz`: lines of {prompt, reply}, ids of tiny-lm's tokenizer. `served.bin`: the
 * contexts of what the first was served under other keys, so that they do not depend on the tested one. The key is
 * `keyOf(MARK)` of marks.ts.
 * @module
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Radioactivity, ServedContexts } from '@taggant/probes';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { markOf } from './marks.ts';
import { DATA, transcriptOf } from './tests.ts';
import { exchangesOf, servedTexts, studentsOf } from './transcripts.ts';

const [id = 'gumbel-w1'] = process.argv.slice(2);
const folder = join(DATA, 'demo');
mkdirSync(folder, { recursive: true });
const [distilled, independent] = ['s5-1', 's0-1'].map((id) => studentsOf(DATA).find((student) => student.id === id)!);
const mark = markOf(id);
const served = new ServedContexts({ contextWidth: mark.contextWidth, tokenizer: tinyLmTokenizer().id });
for (const other of Object.keys(distilled.served).filter((other) => other !== id)) {
  for (const { opening, reply } of servedTexts(DATA, other, distilled.served[other])) served.add(reply, opening);
}
writeFileSync(join(folder, 'served.bin'), served.toBytes());
for (const [name, student] of Object.entries({ distilled, independent })) {
  const lines = transcriptOf(DATA, student).filter(({ ask }) => ask === 'cool');
  const text = lines.map(({ shown, reply }) => `${JSON.stringify({ prompt: shown, reply })}\n`).join('');
  const file = join(folder, `${name}.jsonl.gz`);
  writeFileSync(file, gzipSync(text, { level: 9 }));
  const test = new Radioactivity(mark, { dedup: 'pair', served, weights: true });
  for (const exchange of exchangesOf(lines, 'cool')) test.add(exchange);
  const { tokens, lnP, anytime } = test.result();
  console.log(
    `${file}: ${statSync(file).size} bytes, ${tokens} tokens, p = 10^${(lnP / Math.LN10).toFixed(1)}, ` +
      `weighted e at most 10^${((anytime.weighted?.lnSup ?? 0) / Math.LN10).toFixed(1)}`,
  );
}
