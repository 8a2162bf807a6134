/**
 * Does the e-value hold under any stopping rule? Streams of real text against random keys, each with adversaries who look after
 * every pair, or after every document, or choose the next document by what the last one gave, and stop at their best moment.
 *
 *   npm run strength:stopping -- [--runs 40000] [--documents 24] [--seed 1] [--json FILE]
 *
 * A run is one key, and an order of documents of its own. The share of runs in which E ever reaches 1/alpha must not exceed
 * the upper end of the 99.9 % band around alpha, for every mark, text and adversary. The control must: the exact p of a fixed
 * length, looked at after every pair.
 * @module
 */
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { random as mersenneTwister } from '@huggingface/transformers';
import { type Mark, type NativeMarkInput, openMark, PairCollector } from '@taggant/core';
import { cumulantOf, lnTail, tiltsOf } from '@taggant/detector';
import { tiktokenTokenizer } from '@taggant/detector/tiktoken';
import { binomialBand, EProcess } from '@taggant/stats';
import { secretOf } from './samples.ts';
import { NULL_TEXTS, readText, repetitiveText } from './texts.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '40000' },
    documents: { type: 'string', default: '24' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const runs = Number(values.runs);
const documentsARun = Number(values.documents);
const generator = new mersenneTwister.Random(Number(values.seed));
const random = () => generator.random();
const ALPHAS = [0.05, 0.01, 0.001];
const DOCUMENT = 40;
/** Distinct selections of documents, each with its pairs worked out once. */
const SELECTIONS = 64;

const MARKS: Record<string, NativeMarkInput> = {
  'green list 1/4, context 2': { scheme: 'greenlist' },
  'Gumbel, context 4': { scheme: 'gumbel' },
  'tournament of 10, context 4': { scheme: 'tournament', layers: 10 },
};
type Adversary = 'after every pair' | 'after every document' | 'next document by the last';

const gpt2 = tiktokenTokenizer('gpt2');
const corpora: Record<string, Uint32Array[]> = {
  'repetitive template': passages(gpt2.encode(repetitiveText(20_000, random))),
};
if (existsSync(fileURLToPath(new URL('../../../shared/data/text/', import.meta.url)))) {
  corpora['novel, plays, encyclopedia'] = NULL_TEXTS.flatMap((name) =>
    passages(gpt2.encode(readText(name).slice(0, 600_000))),
  );
} else {
  console.log('real text is SKIPPED: ../shared/data/text is missing');
}

const rows = Object.entries(MARKS).flatMap(([mark, input]) =>
  Object.entries(corpora).flatMap(([corpus, documents]) => {
    const measured = measure(mark, corpus, input, documents);
    for (const row of measured) process.stderr.write(`${Object.values(row).join(' | ')}\n`);
    return measured;
  }),
);
const stops = rows.filter(({ adversary }) => !adversary.startsWith('CONTROL')).length * runs;
console.log(
  `seed ${values.seed}; ${runs} keys a row, ${stops} adversarial stops; ${documentsARun} documents of ${DOCUMENT} tokens a run`,
);
console.table(rows);
if (values.json !== undefined) {
  const command = `npm run strength:stopping -- --runs ${runs} --documents ${documentsARun} --seed ${values.seed}`;
  const record = {
    command,
    runs,
    stops,
    documents: documentsARun,
    tokens: DOCUMENT,
    cpu: cpus()[0].model,
    node: process.version,
    rows,
  };
  writeFileSync(values.json, `${JSON.stringify(record, null, 1)}\n`);
}
if (rows.some(({ adversary, verdict }) => (verdict === 'holds') === adversary.startsWith('CONTROL')))
  process.exitCode = 1;

/** The pairs of a selection's documents, distinct over all of them, and where each document's end. */
function selectionOf(texts: readonly Uint32Array[], contextWidth: number) {
  const collector = new PairCollector({ contextWidth });
  const ends = Array.from({ length: documentsARun }, () => {
    collector.add(texts[Math.floor(random() * texts.length)]);
    return collector.pairs({ copy: false }).n;
  });
  return { pairs: collector.pairs(), ends };
}

function measure(mark: string, corpus: string, input: NativeMarkInput, texts: readonly Uint32Array[]) {
  const opened = (run: number): Mark => openMark(input, secretOf(`stopping ${values.seed} ${mark} ${corpus} ${run}`));
  const { law, contextWidth } = opened(0);
  const [cumulant, tilts] = [cumulantOf(law), tiltsOf(law)];
  const selections = Array.from({ length: SELECTIONS }, () => selectionOf(texts, contextWidth));
  const scores = new Float64Array(Math.max(...selections.map(({ pairs }) => pairs.n)));
  const reached: Record<Adversary, number[]> = {
    'after every pair': ALPHAS.map(() => 0),
    'after every document': ALPHAS.map(() => 0),
    'next document by the last': ALPHAS.map(() => 0),
  };
  const peeked = ALPHAS.map(() => 0);
  // The control costs a tail for every pair.
  const controls = Math.max(200, Math.floor(runs / 100));
  const count = (counts: number[], lnSup: number) =>
    ALPHAS.forEach((alpha, a) => {
      if (lnSup >= -Math.log(alpha)) counts[a]++;
    });
  for (let run = 0; run < runs; run++) {
    const { pairs, ends } = selections[run % SELECTIONS];
    opened(run).score(pairs, scores);
    const inOrder = ends.map((_, document) => document);
    const straight = follow(inOrder, ends);
    count(reached['after every pair'], straight.everyPair);
    count(reached['after every document'], straight.everyDocument);
    count(reached['next document by the last'], chasing(ends).everyPair);
    if (run < controls) count(peeked, -leastP(pairs.n));
  }
  const row = (adversary: string, counts: readonly number[], tests: number) => {
    const most = ALPHAS.map((alpha) => binomialBand(tests, alpha, 0.999)[1]);
    return {
      mark,
      corpus,
      adversary,
      runs: tests,
      ...Object.fromEntries(ALPHAS.map((alpha, a) => [`1/${1 / alpha} [most]`, `${counts[a]} [${most[a]}]`])),
      verdict: counts.every((one, a) => one <= most[a]) ? 'holds' : 'BROKEN',
    };
  };
  return [
    ...Object.entries(reached).map(([adversary, counts]) => row(adversary, counts, runs)),
    row('CONTROL the p of a fixed length, after every pair', peeked, controls),
  ];

  /** Documents one after the other: the largest E after any pair, and after any document. */
  function follow(order: readonly number[], ends: readonly number[]) {
    const evidence = new EProcess(cumulant, tilts);
    let everyDocument = 0;
    for (const document of order) {
      for (let i = ends[document - 1] ?? 0; i < ends[document]; i++) evidence.add(scores[i]);
      everyDocument = Math.max(everyDocument, evidence.lnE);
    }
    return { everyPair: evidence.lnSup, everyDocument };
  }

  /**
   * Two piles: goes on with the one whose last document raised E, and changes to the other when it fell. What is a copy was
   * settled before, so that a pair's score counts once, wherever the order puts it.
   */
  function chasing(ends: readonly number[]) {
    const evidence = new EProcess(cumulant, tilts);
    const piles = [0, 1].map((pile) => ends.map((_, document) => document).filter((document) => document % 2 === pile));
    let pile = 0;
    while (piles[0].length + piles[1].length > 0) {
      const document = (piles[pile].length > 0 ? piles[pile] : piles[1 - pile]).shift() as number;
      const before = evidence.lnE;
      for (let i = ends[document - 1] ?? 0; i < ends[document]; i++) evidence.add(scores[i]);
      if (evidence.lnE < before) pile = 1 - pile;
    }
    return { everyPair: evidence.lnSup };
  }

  function leastP(n: number): number {
    let [sum, least] = [0, 0];
    for (let i = 0; i < n; i++) {
      sum += scores[i];
      least = Math.min(least, lnTail(law, sum, i + 1));
    }
    return least;
  }
}

function passages(ids: Uint32Array): Uint32Array[] {
  return Array.from({ length: Math.floor(ids.length / DOCUMENT) }, (_, i) =>
    ids.subarray(i * DOCUMENT, (i + 1) * DOCUMENT),
  );
}
