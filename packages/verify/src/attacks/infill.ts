/**
 * A text whose tokens are drawn anew by a small model that never saw a mark. Resampling, not paraphrase: every chosen
 * token is replaced where it stands, and the order of thought stays. Node only.
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tokenizer } from '@taggant/core';
import { huggingFaceTokenizer } from '@taggant/detector/huggingface';
import type { Infill } from './attack.ts';
import { type CausalReader, openCausalReader } from './next-token.ts';

/** A model that fills in, and that has to be given back. */
export interface InfillModel {
  readonly infill: Infill;
  dispose(): Promise<void>;
}

/** The small model that comes with this package: nineteenth-century English, 0.69 million parameters. */
export const paraphraserFolder: string = fileURLToPath(new URL('../../paraphraser', import.meta.url));

/**
 * Opens a causal model in the layout of transformers.js with its `tokenizer.json`; default: the one in this package.
 * Nothing is downloaded.
 *
 * @example
 * const model = await openInfill();
 * const attack = attackOf('infill:0.3', { infill: model.infill });
 * await attack.apply('It was late in the evening.', seededRandom(1));
 * await model.dispose();
 */
export async function openInfill(folder = paraphraserFolder): Promise<InfillModel> {
  const tokenizer = huggingFaceTokenizer(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
  const reader = await openCausalReader(folder);
  return { infill: infillWith(reader, tokenizer), dispose: () => reader.dispose() };
}

/**
 * From left to right each token t is chosen at the given chance, and drawn from p(t | before) p(next | before, t) among
 * the likeliest six; it may come out as it was.
 */
function infillWith(reader: CausalReader, tokenizer: Tokenizer): Infill {
  // A piece of a character would make another character of its neighbours.
  const isWhole = Uint8Array.from({ length: tokenizer.id.vocabSize }, (_, id) =>
    Number(id !== reader.begin && !tokenizer.decode(Uint32Array.of(id)).includes('\ufffd')),
  );
  return async (text, share, random) => {
    const tokens = tokenizer.encode(text);
    const before = reader.start();
    for (const at of tokens.keys()) {
      if (random() < share && isWhole[tokens[at]]) {
        const lnP = await before.lnNext();
        const choices = likeliest(lnP, isWhole);
        const after = at + 1 < tokens.length ? await before.lnBehind(choices, tokens[at + 1]) : [];
        const weights = choices.map((token, i) => lnP[token] + (after[i] ?? 0));
        tokens[at] = choices[draw(weights, random)];
      }
      before.push(tokens[at]);
    }
    return tokenizer.decode(tokens);
  };
}

function likeliest(lnP: Float32Array, allowed: Uint8Array): number[] {
  const best: number[] = [];
  for (let token = 0; token < lnP.length; token++) {
    if (!allowed[token] || (best.length === LIKELIEST && lnP[token] <= lnP[best[LIKELIEST - 1]])) continue;
    const place = best.findIndex((other) => lnP[token] > lnP[other]);
    best.splice(place < 0 ? best.length : place, 0, token);
    if (best.length > LIKELIEST) best.pop();
  }
  return best;
}

/** An index, as often as exp(weight) says. */
function draw(weights: readonly number[], random: () => number): number {
  const most = Math.max(...weights);
  const shares = weights.map((weight) => Math.exp(weight - most));
  let left = random() * shares.reduce((sum, share) => sum + share, 0);
  for (let i = 0; i < shares.length - 1; i++) if ((left -= shares[i]) < 0) return i;
  return shares.length - 1;
}

const LIKELIEST = 6;
