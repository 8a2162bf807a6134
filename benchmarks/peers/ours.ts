/**
 * Our side of every comparison, through the public interface: `MarkHook.processLogits` for a step, with the copying of
 * the row into the hook's hands and the token that follows; `detectTokens` for a text, to the verdict.
 * @module
 */
import { openMark, Secret } from '@taggant/core';
import { detectTokens } from '@taggant/detector';
import { MarkHook, sampleToken, type Truncation } from '@taggant/sampler';
import type { Check } from './field.ts';
import { type Inputs, randomNumbers, VOCAB } from './inputs.ts';

export interface OurCase {
  /** Peers say which of these they are compared with. */
  readonly task: string;
  readonly name: string;
  run(): void;
}

const secret = Secret.fromBytes(new Uint8Array(32).fill(7));
const tokenizer = { name: 'benchmark', vocabSize: VOCAB };
const MARKS = {
  greenlist: openMark({ scheme: 'greenlist', gamma: '1/4', delta: 2, contextWidth: 1, tokenizer }, secret),
  gumbel: openMark({ scheme: 'gumbel', contextWidth: 4, tokenizer }, secret),
  tournament: openMark({ scheme: 'tournament', layers: 30, contextWidth: 4, tokenizer }, secret),
};
type SchemeName = keyof typeof MARKS;

export function ourCases(inputs: Inputs): OurCase[] {
  return [
    step('greenlist/step', 'green list, one row', 'greenlist', inputs),
    step('greenlist/step8', 'green list, 8 rows', 'greenlist', inputs, { rows: 8 }),
    step('gumbel/step', 'Gumbel-max, all words', 'gumbel', inputs),
    step('gumbel/step95', 'Gumbel-max, top-p 0.95', 'gumbel', inputs, { topP: 0.95 }),
    step('tournament/step', 'tournament, all words', 'tournament', inputs),
    step('tournament/step50', 'tournament, top-k 50', 'tournament', inputs, { topK: 50 }),
    step('tournament/step95', 'tournament, top-p 0.95', 'tournament', inputs, { topP: 0.95 }),
    detection('greenlist', 'green list', inputs),
    detection('gumbel', 'Gumbel-max', inputs),
    detection('tournament', 'tournament', inputs),
  ];
}

/** p-values of a text of our own and of a plain one, as the peers report theirs. */
export function ourChecks({ logits, texts }: Inputs): Check[] {
  return Object.entries(MARKS).map(([name, mark]) => {
    const hook = new MarkHook(mark);
    const sequence = hook.start(texts[0]!.subarray(0, 8));
    const random = randomNumbers(2);
    const row = new Float32Array(VOCAB);
    const tokens = Array.from({ length: 100 }, (_, position) => {
      const shift = (977 * position) % VOCAB;
      row.set(logits.subarray(0, VOCAB - shift), shift);
      row.set(logits.subarray(VOCAB - shift));
      hook.processLogits(row, [sequence]);
      const token = sampleToken(row, random());
      sequence.push(token);
      return token;
    });
    const p = (ids: ArrayLike<number>) => detectTokens(ids, mark).p;
    return { peer: 'taggant', name, tokens: tokens.length, marked: p(tokens), plain: p(texts[0]!) };
  });
}

function step(
  task: string,
  name: string,
  scheme: SchemeName,
  { logits, texts }: Inputs,
  { rows = 1, ...truncation }: Truncation & { readonly rows?: number } = {},
): OurCase {
  const hook = new MarkHook(MARKS[scheme], { ...truncation, dedup: 'none' });
  const given = new Float32Array(rows * VOCAB);
  for (let row = 0; row < rows; row++) given.set(logits, row * VOCAB);
  const own = new Float32Array(given.length);
  const text = texts[0]!;
  const sequences = Array.from({ length: rows }, (_, row) => hook.start(text.subarray(row, row + 8)));
  let calls = 0;
  return {
    task,
    name,
    run() {
      own.set(given);
      hook.processLogits(own, sequences);
      for (const [row, sequence] of sequences.entries()) sequence.push(text[(calls + row) % text.length]!);
      calls++;
    },
  };
}

function detection(scheme: SchemeName, name: string, { texts }: Inputs): OurCase {
  let calls = 0;
  return {
    task: `${scheme}/detect`,
    name: `${name}, ${texts[0]!.length} tokens`,
    run: () => void detectTokens(texts[calls++ % texts.length]!, MARKS[scheme]),
  };
}
