/**
 * What the corpus path of `taggant detect` costs beside its tokenizer: `npm run bench:corpus -- FILE.jsonl [TOKENIZER]`.
 *
 * A piece of the corpus at a time, the bare tokenizer encodes its texts, held in memory, and then the command's own path reads
 * the same piece from a file, parses, tokenizes, tests and prints it to the null device. Same process, same thread, same
 * tokenizer; the figures are medians over the pieces, in CPU seconds of the whole process (garbage collection included), which a
 * busy neighbour disturbs less than the clock.
 * @module
 */
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveKey, exportKey, parseDescriptor, Secret } from '@taggant/core';
import openDetectTask, { type DetectSetup } from '../../packages/cli/src/detect-task.ts';
import { readLines } from '../../packages/cli/src/input.ts';
import { openTokenizer } from '../../packages/cli/src/tokenizers.ts';

const PIECE_BYTES = 2e6;
const [file, spec = 'tiktoken:o200k_base'] = process.argv.slice(2);
if (file === undefined) throw new Error('expected a JSONL file of texts');

const tokenizer = await openTokenizer(spec);
const descriptor = parseDescriptor({ mark: 'taggant/1', scheme: 'greenlist' });
const setup: DetectSetup = {
  marks: [{ descriptor, key: exportKey(deriveKey(Secret.generate(), 'greenlist')) }],
  layered: false,
  alpha: 1e-6,
  dedup: 'pair',
  print: 'json',
  text: { tokenizer: spec },
  fields: { id: 'id', text: 'text' },
};
const task = await openDetectTask(setup);
const folder = mkdtempSync(join(tmpdir(), 'taggant-bench-'));
const sink = openSync('/dev/null', 'w');

const shares: number[] = [];
const rates: number[] = [];
for (const [i, piece] of pieces(readFileSync(file, 'utf8').split('\n')).entries()) {
  const texts = piece.map((line) => JSON.parse(line).text as string);
  const path = join(folder, 'piece.jsonl');
  writeFileSync(path, `${piece.join('\n')}\n`);
  let [bareTokens, tokens] = [0, 0];
  const bare = await cpuSeconds(() => {
    for (const text of texts) bareTokens += tokenizer.encode(text).length;
  });
  const whole = await cpuSeconds(async () => {
    for await (const lines of readLines(path)) {
      const tested = task(lines);
      tokens += tested.tokens;
      writeSync(sink, tested.lines);
    }
  });
  if (tokens !== bareTokens) throw new Error(`expected ${bareTokens} tokens, got ${tokens}`);
  // The first pieces warm up.
  if (i < 2) continue;
  shares.push(bare / whole);
  rates.push(Buffer.byteLength(texts.join('')) / 1e6 / whole);
}
rmSync(folder, { recursive: true });
console.log(
  `${spec}: ${(100 * median(shares)).toFixed(1)} % of the bare tokenizer (${Math.min(...shares).toFixed(3)} to ${Math.max(...shares).toFixed(3)}), ${median(rates).toFixed(2)} MB of text per CPU second, ${shares.length} pieces, node ${process.versions.node}`,
);

async function cpuSeconds(act: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

function pieces(lines: readonly string[]): string[][] {
  const all: string[][] = [[]];
  let bytes = 0;
  for (const line of lines.filter((line) => line !== '')) {
    all[all.length - 1]!.push(line);
    if ((bytes += line.length) < PIECE_BYTES) continue;
    all.push([]);
    bytes = 0;
  }
  return all.filter((piece) => piece.length > 0);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}
