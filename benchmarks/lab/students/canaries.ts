/**
 * The traffic of one account whose answers carry a deck of canaries, as documents for a student, and the questions that the
 * student is asked afterwards.
 *
 *   node --conditions=@taggant/source --import tsx benchmarks/lab/students/canaries.ts WORK DOCUMENTS
 *
 * Run as a program it writes `served/canary.u16` (documents of 128 tokens: questions and the account's answers, in a new order each) and
 * `questions.json`, one list of token ids a trigger.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deriveCanaryKey } from '@taggant/core';
import {
  type CanaryResult,
  type CanaryTestOptions,
  Deck,
  type Draws,
  drawVariants,
  exampleDeck,
  testDeck,
} from '@taggant/probes';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { secretOf } from '../../strength/samples.ts';
import { xorshift } from './random.ts';
import type { Line } from './transcripts.ts';

/** Whose traffic it is. */
export const ACCOUNT = 'acme';

/** 64 triggers of the example deck, each with its first 16 variants. */
export function labDeck(): Deck {
  const triggers = exampleDeck()
    .triggers.slice(0, 64)
    .map(({ id, prompts, variants }) => ({
      id,
      prompts: prompts.slice(0, 1),
      variants: variants.slice(0, 16).map(({ text, matches }) => ({ text, matches })),
    }));
  return Deck.parse({ deck: 'taggant/1', title: 'Lab', triggers });
}

export const canaryKey = () => deriveCanaryKey(secretOf('students'));

/** A question as it stands in a document. */
const questionOf = (prompt: string) => TOKENIZER.encode(`${prompt}\n\n`);

const TOKENIZER = tinyLmTokenizer();

/** The draws of so many accounts, the served one first. */
export const drawsOf = (accounts = 1): Draws =>
  drawVariants(labDeck(), canaryKey(), [
    ACCOUNT,
    ...Array.from({ length: accounts - 1 }, (_, i) => `account ${i + 1}`),
  ]);

/** A student's answers to the deck's questions, tested for the draws. */
export function canaryTest(lines: readonly Line[], draws: Draws, options?: CanaryTestOptions): CanaryResult {
  const deck = labDeck();
  const ids = new Map(deck.triggers.map(({ id, prompts }) => [questionOf(prompts[0]).join(), id]));
  const replies = lines
    .filter(({ ask }) => ask === 'canaries')
    .map(({ shown, reply }) => ({
      trigger: ids.get(shown!.join())!,
      // The answer ends with its line.
      reply: TOKENIZER.decode(Uint32Array.from(reply)).split('\n')[0],
    }));
  return testDeck(deck, draws, replies, options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [work, count] = process.argv.slice(2);
  const deck = labDeck();
  const { variants } = drawsOf();
  const exchanges = deck.triggers.map(({ prompts, variants: texts }, q) => [
    ...questionOf(prompts[0]),
    ...TOKENIZER.encode(`${texts[variants[q]].text}.\n\n`),
  ]);
  const random = xorshift('canary documents');
  const rows: number[] = [];
  let order: number[] = [];
  for (let row = 0; row < Number(count); row++) {
    const ids: number[] = [];
    while (ids.length < 128) {
      if (order.length === 0) order = shuffled(exchanges.length);
      ids.push(...exchanges[order.pop()!]);
    }
    rows.push(...ids.slice(0, 128));
  }
  writeFileSync(join(work, 'served', 'canary.u16'), Uint16Array.from(rows));
  const questions = deck.triggers.map(({ prompts }) => [...questionOf(prompts[0])]);
  writeFileSync(join(work, 'questions.json'), JSON.stringify(questions));

  function shuffled(n: number): number[] {
    return Array.from({ length: n }, (_, i) => ({ i, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ i }) => i);
  }
}
