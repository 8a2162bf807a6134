/**
 * At which share of a student's training text is an account among 24,000 still named? And a ring of ten accounts?
 *
 *   npm run strength:accounts -- [--seeds 3] [--null 1000] [--tokens 100000] [--json FILE]
 *
 * THE STUDENTS ARE N-GRAM MODELS: counts of what follows two tokens, with back-off. They learn a mark as simply as can be, so
 * what they show is whether the tests name the right one and nobody else, and how shares and tokens trade off; neural
 * students learn more slowly. The teacher is an n-gram model of novels in tiny-lm's tokens, marked through our hook
 * (top-k 64 before the draw): owner's list delta 1, account's list delta 2, gamma 1/4, context 2.
 *
 * Tests: `plain`, every number on all contexts (a ring whose accounts share one number is such a case);
 * `ring` the sum over the ten numbers that they have otherwise; `served` each account (or ring) on the contexts it was
 * served. An account is named at family-wise p <= 1e-6 over 24,000.
 *
 * Null: students of a small language, trained on 10 other accounts' text under the same key, and on plain text under fresh
 * keys; counted is who is named that had no part, at family-wise alpha 1e-3.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { distinctPairs, openMark } from '@taggant/core';
import { Assignment, ServedTo, testAccounts, testClusters, testServedAccounts } from '@taggant/probes';
import { MarkHook, sampleToken } from '@taggant/sampler';
import { binomialBand } from '@taggant/stats';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { uniforms } from '../../packages/core/test/support.ts';
import { NGram } from '../../packages/probes/test/accounts/ngram.ts';
import { language, seededBytes, studentOf, write } from '../../packages/probes/test/accounts/support.ts';
import { secretOf } from './samples.ts';
import { readText } from './texts.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    null: { type: 'string', default: '1000' },
    tokens: { type: 'string', default: '100000' },
    json: { type: 'string' },
  },
});
const TOKENS = Number(values.tokens);
const SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const ASKED = [5000, 10_000, 20_000, 50_000, 100_000];
const OTHERS = 200;
const RING = Array.from({ length: 10 }, (_, i) => `account ${1 + i}`);
const epoch = { label: 'benchmark', from: '2026-01-01' };
const names = Array.from({ length: 24_000 }, (_, i) => `account ${i}`);
const vocabSize = 4096;

const tokenizer = tinyLmTokenizer();
const books = ['books/middlemarch.txt', 'books/war-and-peace.txt', 'books/bleak-house.txt'];
const teacher = new NGram(
  books.map((book) => tokenizer.encode(readText(book))),
  { width: 2, vocabSize, prior: 20 },
);

interface Row {
  readonly seed: number;
  readonly share: number;
  readonly asked: number;
  readonly contexts: number;
  readonly owner: number;
  /** ln p of the guilty one, family-wise; and how many innocents were named beside. */
  readonly lnP: Record<'plain' | 'ring' | 'served' | 'servedRing', number>;
  readonly innocents: number;
}

const started = performance.now();
const rows: Row[] = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) rows.push(...curve(seed));
print();
const nulls = nullRuns(Number(values.null));
console.log(nulls);
if (values.json !== undefined) {
  const record = {
    command: `npm run strength:accounts -- --seeds ${values.seeds} --null ${values.null} --tokens ${TOKENS}`,
    students: 'n-gram models (context 2, back-off), not neural networks',
    teacher: `n-gram model of ${books.join(', ')} in tiny-lm's tokens, marked with owner delta 1, account delta 2, gamma 1/4, context 2`,
    trainingTokens: TOKENS,
    accounts: names.length,
    ring: RING.length,
    alpha: 1e-6,
    cpu: cpus()[0].model,
    node: process.version,
    seconds: Math.round((performance.now() - started) / 1000),
    rows,
    nulls,
  };
  writeFileSync(values.json, `${JSON.stringify(record, null, 1)}\n`);
}

function curve(seed: number): Row[] {
  const next = uniforms(seed);
  const assignment = Assignment.create({ epoch, accounts: names }, seededBytes(seed));
  const mark = (cohort: number | undefined, delta: number) =>
    openMark({ scheme: 'greenlist', gamma: '1/4', delta, cohort }, secretOf(`accounts ${seed}`));
  const owner = mark(0, 1);
  const textOf = (id: string, length: number) => serve([owner, mark(assignment.account(id).number, 2)], length, next);
  const others = Array.from({ length: OTHERS }, (_, i) => ({
    id: `account ${1000 + i}`,
    text: textOf(`account ${1000 + i}`, TOKENS / OTHERS),
  }));
  const guilty = [{ id: 'account 0', text: textOf('account 0', TOKENS) }];
  const ring = RING.map((id) => ({ id, text: textOf(id, TOKENS / RING.length) }));
  return SHARES.flatMap((share) => {
    const rest = others.slice(0, Math.round((1 - share) * OTHERS));
    const mix = (part: typeof guilty) => [
      ...part.map(({ id, text }) => ({ id, text: text.slice(0, Math.round(share * text.length)) })),
      ...rest,
    ];
    const [ofOne, ofRing] = [mix(guilty), mix(ring)].map((training) => ({ training, text: answers(training, next) }));
    process.stderr.write(`seed ${seed}, share ${share}, ${Math.round(process.cpuUsage().user / 1e6)} s of CPU\n`);
    return ASKED.map((asked): Row => {
      const pairsOf = (text: readonly number[]) =>
        distinctPairs(text.slice(0, asked), { contextWidth: 2, dedup: 'context' });
      const [one, many] = [pairsOf(ofOne.text), pairsOf(ofRing.text)];
      const clusters = [{ id: 'ring', accounts: RING }];
      // Thousands of other clusters are tested beside the ring: 2,400 in all.
      for (let i = 200; i < 2599; i++) clusters.push({ id: `${i}`, accounts: names.slice(9 * i, 9 * i + 9) });
      const plain = testAccounts(one, owner, assignment, { top: names.length });
      const served = testServedAccounts(owner, assignment, log(one, ofOne.training), { top: names.length });
      const summed = testClusters(many, owner, assignment, clusters, { top: clusters.length });
      const servedRing = testServedAccounts(owner, assignment, log(many, ofRing.training), {
        top: names.length + clusters.length,
        clusters,
      });
      const lnPOf = (best: readonly { id: string; lnP: number }[], id: string) =>
        best.find((score) => score.id === id)?.lnP ?? 0;
      const authors = new Set([...ofOne.training, ...ofRing.training].map(({ id }) => id).concat('ring'));
      const named = [plain, served, summed, servedRing].flatMap((result) => result.named as readonly { id: string }[]);
      return {
        seed,
        share,
        asked,
        contexts: one.n,
        owner: plain.labels[0].lnP,
        lnP: {
          plain: lnPOf(plain.best, 'account 0'),
          ring: lnPOf(summed.best, 'ring'),
          served: lnPOf(served.best, 'account 0'),
          servedRing: lnPOf(servedRing.best, 'ring'),
        },
        innocents: named.filter(({ id }) => !authors.has(id)).length,
      };
    });
  });
}

/** A text as our hook serves it. */
function serve(marks: ReturnType<typeof openMark>[], length: number, next: () => number): number[] {
  const text = [Math.floor(next() * vocabSize), Math.floor(next() * vocabSize)];
  const hook = new MarkHook(marks, { topK: 64 });
  const sequence = hook.start(text);
  const row = new Float32Array(vocabSize);
  while (text.length < length + 2) {
    teacher.fill(text, row);
    hook.processLogits(row, [sequence]);
    const token = sampleToken(row, next());
    sequence.push(token);
    text.push(token);
  }
  return text.slice(2);
}

function answers(training: readonly { readonly text: number[] }[], next: () => number): number[] {
  const student = new NGram(
    training.map(({ text }) => text),
    { width: 2, vocabSize, prior: 2 },
  );
  const text = [0, 1];
  while (text.length < Math.max(...ASKED) + 2) text.push(student.draw(text, next));
  return text.slice(2);
}

function log(pairs: ConstructorParameters<typeof ServedTo>[0], training: readonly { id: string; text: number[] }[]) {
  const servedTo = new ServedTo(pairs);
  for (const { id, text } of training) if (text.length > 0) servedTo.add(id, text);
  return servedTo;
}

function nullRuns(runs: number) {
  const alpha = 1e-3;
  const speak = language(1);
  const assignment = Assignment.create({ epoch, accounts: names }, seededBytes(99));
  const authors = new Set(names.slice(0, 10));
  const count = {
    runs,
    alpha,
    most: binomialBand(runs, alpha, 0.998)[1],
    otherAccounts: 0,
    plainText: 0,
    authorsNamed: 0,
  };
  const plain = Array.from({ length: 10 }, (_, i) => {
    const next = uniforms(500 + i);
    const text = studentOf([write(speak, [], { length: 4000 }, next)], { length: 4000 }, next);
    return distinctPairs(text, { contextWidth: 2, dedup: 'context' });
  });
  for (let run = 0; run < runs; run++) {
    const next = uniforms(10_000 + run);
    const mark = (cohort?: number) =>
      openMark({ scheme: 'greenlist', gamma: '1/4', delta: 3, cohort }, secretOf(`accounts null ${run}`));
    const texts = [...authors].map((id) => write(speak, [mark(assignment.account(id).number)], { length: 400 }, next));
    const pairs = distinctPairs(studentOf(texts, { length: 4000 }, next), { contextWidth: 2, dedup: 'context' });
    const { named } = testAccounts(pairs, mark(), assignment, { alpha });
    if (named.some(({ id }) => !authors.has(id))) count.otherAccounts++;
    if (named.some(({ id }) => authors.has(id))) count.authorsNamed++;
    if (testAccounts(plain[run % plain.length], mark(), assignment, { alpha }).verdict === 'named') count.plainText++;
    if (run % 50 === 0) process.stderr.write(`\rnull ${run}/${runs} `);
  }
  process.stderr.write('\n');
  return count;
}

function print(): void {
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1];
  for (const test of ['plain', 'ring', 'served', 'servedRing'] as const) {
    console.log(`${test}: median ln p, family-wise; named at ${Math.log(1e-6).toFixed(1)} or below`);
    console.table(
      SHARES.map((share) => ({
        'share %': 100 * share,
        ...Object.fromEntries(
          ASKED.map((asked) => {
            const cells = rows.filter((row) => row.share === share && row.asked === asked);
            return [`${asked / 1000}k`, median(cells.map(({ lnP }) => lnP[test])).toFixed(1)];
          }),
        ),
      })),
    );
  }
  console.log(
    `innocents named: ${rows.reduce((sum, { innocents }) => sum + innocents, 0)} of ${4 * rows.length} tests`,
  );
}
