/** Results as gates give them, small and always the same. */
import { type Mark, openMark, Secret } from '@taggant/core';
import { largestToken } from '@taggant/sampler';
import { binomialInterval } from '@taggant/stats';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { type Deployment, type GateResult, runGate } from '@taggant/verify';

export const secret = Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1));
const tokenizer = tinyLmTokenizer();
const mark = openMark({ scheme: 'greenlist', tokenizer: tokenizer.id }, secret);
const OTHER = Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => 9 * i + 2));
const otherMark = openMark({ scheme: 'greenlist', tokenizer: tokenizer.id }, OTHER);

/** What the gate finds of a model that knows nothing and is marked with this key, or with another one. */
export async function realResult(isRight: boolean): Promise<GateResult> {
  const { result } = await runGate({
    mark,
    tokenizer,
    deployment: deploymentOf(isRight ? mark : otherMark),
    prompts: Array.from({ length: 16 }, (_, i) => `Once upon a time there were ${i + 2} `),
    maxTokens: 48,
    texts: { first: 16, most: 16 },
    expectations: { detection: [{ tokens: 48, alpha: 1e-3, least: 0.6 }], survival: [], falseAlarms: { most: 0.5 } },
    suspicions: [{ name: 'the key of tenant-7', mark: otherMark }],
    software: { name: 'taggant', version: '0.0.0' },
  });
  return result;
}

function deploymentOf(own: Mark): Deployment {
  return {
    name: 'a model that knows nothing',
    write: async (requests) =>
      requests.map(({ prompt, seed, marked, maxTokens }) => {
        const promptTokens = tokenizer.encode(prompt);
        return { tokens: writeText(marked ? own : undefined, promptTokens, maxTokens, seed), promptTokens };
      }),
  };
}

/** Every token equally likely, then marked. */
export function writeText(own: Mark | undefined, prompt: ArrayLike<number>, length: number, seed: number): number[] {
  const tokens = Array.from(prompt);
  const next = random(seed);
  while (tokens.length < prompt.length + length) {
    const logits = Float32Array.from({ length: tokenizer.id.vocabSize }, () => -Math.log(-Math.log(next())));
    own?.apply(Uint32Array.from(tokens.slice(-4)), logits);
    tokens.push(largestToken(logits));
  }
  return tokens.slice(prompt.length);
}

/** Numbers in (0, 1), seeded. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

const share = (found: number, n: number) => {
  const [low, high] = binomialInterval(found, n, 0.99);
  return { found, n, low, high };
};
const power = (alpha: number, found: readonly number[]) =>
  found.map((count, i) => ({ tokens: 25 * (i + 1), alpha, ...share(count, 96) }));
const survival = (attack: string, rates: readonly (number | undefined)[], found: readonly number[]) =>
  rates.map((rate, i) => ({
    attack,
    ...(rate === undefined ? {} : { rate }),
    tokens: 200,
    alpha: 1e-6,
    ...share(found[i], 96),
  }));

/** A deployment that is mostly right: one thing fails, one is undecided, one could not be measured. */
export const failed: GateResult = {
  gate: 'taggant/1',
  outcome: 'failed',
  software: { name: 'taggant', version: '0.0.0' },
  mark: mark.descriptor,
  title: mark.title,
  deployment: 'tiny-lm',
  seed: 1,
  levels: { falseFailure: 0.01, confidence: 0.99 },
  texts: { marked: 96, unmarked: 96, tokens: 38_400, looks: 2, most: 256 },
  checks: [
    {
      id: 'detection/200',
      title: 'found at p <= 0.000001, 200 tokens',
      outcome: 'passed',
      message: '95 of 96 texts (93.4 % to 100 %); expected at least 90 %',
      measured: 95 / 96,
      interval: [0.934, 0.99989],
      expected: { least: 0.9 },
      n: 96,
    },
    {
      id: 'detection/50',
      title: 'found at p <= 0.000001, 50 tokens',
      outcome: 'failed',
      message: '30 of 96 texts (19.8 % to 44.7 %); expected at least 90 %',
      measured: 30 / 96,
      interval: [0.1982, 0.4471],
      expected: { least: 0.9 },
      n: 96,
    },
    {
      id: 'survival/substitute-0.1',
      title: 'found at p <= 0.000001, 200 tokens, after substitute-0.1',
      outcome: 'undecided',
      message: '84 of 96 texts (76.2 % to 94.6 %); expected at least 80 %',
      measured: 84 / 96,
      interval: [0.7621, 0.9463],
      expected: { least: 0.8 },
      n: 96,
    },
    {
      id: 'false-alarms',
      title: 'unmarked texts with p <= 0.01',
      outcome: 'passed',
      message: '1 of 96 texts (0.1 % to 6.8 %); expected at most 15 %',
      measured: 1 / 96,
      interval: [0.0001, 0.0681],
      expected: { most: 0.15 },
      n: 96,
    },
    {
      id: 'perplexity',
      title: 'perplexity, marked over unmarked',
      outcome: 'passed',
      message: '1.214 (1.157 to 1.273) over 96 prompts; expected at most 1.500',
      measured: 1.214,
      interval: [1.157, 1.273],
      expected: { most: 1.5 },
      n: 96,
    },
    {
      id: 'length',
      title: 'tokens, marked less unmarked',
      outcome: 'passed',
      message: '-1.2000 (-4.1000 to 1.7000) over 96 prompts; expected between -20.0000 and 20.0000',
      measured: -1.2,
      interval: [-4.1, 1.7],
      expected: { least: -20, most: 20 },
      n: 96,
    },
    {
      id: 'choice',
      title: 'other seeds give other texts',
      outcome: 'passed',
      message: '0 of 8 prompts have the same text under another seed',
      measured: 0,
      expected: { most: 0.5 },
      n: 8,
    },
    {
      id: 'against/strength',
      title: 'mean score of a pair, against the baseline',
      outcome: 'passed',
      message: '0.6121 before, 0.6093 now: no more than noise (p = 0.61, 96 pairs)',
      measured: -0.0028,
      n: 96,
    },
    {
      id: 'against/perplexity',
      title: 'ln perplexity, against the baseline',
      outcome: 'skipped',
      message: '0 texts in the baseline and 96 now; expected at least 16 each',
      n: 0,
    },
  ],
  power: [...power(1e-3, [21, 64, 85, 92, 95, 96, 96, 96]), ...power(1e-6, [2, 30, 62, 80, 88, 92, 94, 95])],
  survival: [
    ...survival('substitute', [0.1, 0.2, 0.3, 0.5], [84, 66, 41, 8]),
    ...survival('delete', [0.1, 0.2, 0.3, 0.5], [88, 74, 55, 21]),
    ...survival('homoglyphs', [0.1], [12]),
    ...survival('copy-paste', [0.1, 0.25, 0.5], [3, 22, 71]),
    ...survival('lowercase', [undefined], [52]),
    ...survival('strip-markdown', [undefined], [95]),
    ...survival('synonyms', [0.3], [60]),
  ],
  figures: { tokensNeeded: 31, strength: 0.6093, perplexityRatio: 1.214 },
  findings: ['the texts carry the mark with a context that is late by a token instead (p = 10^-31.2, corrected for 7)'],
};

export const passed: GateResult = {
  ...failed,
  outcome: 'passed',
  checks: failed.checks.filter(({ outcome }) => outcome === 'passed'),
  findings: [],
};

export const undecided: GateResult = {
  ...failed,
  outcome: 'undecided',
  checks: failed.checks.filter(({ outcome }) => outcome !== 'failed'),
};

/** Nothing was asked for, and nothing measured. */
export const empty: GateResult = { ...passed, checks: [], power: [], survival: [], figures: {} };

/** What somebody may have called a thing to break what shows it. */
export const HOSTILE = [
  `</failure><script>alert('x')</script> ]]> & "quoted" --> <!-- <img src=x onerror=alert(1)> </details>`,
  '| pipe | `tick` ``` **bold** _it_ ~~gone~~ [link](https://evil.example) ![i](x) @octocat #12 :tada: $x$ www.evil.example a@b.example',
  '\x1b[2J\x07\x9b31m bell \u202e turned \u2028 line \u0000 nul \ud800 half \ufffe \r\n# Heading\n- item\n1. one\n::error::no',
  '日本語の模型 🐈 e\u0301 {0} \\ [text](1)',
].join(' ');

/** A result whose every free text is hostile. */
export const hostile: GateResult = {
  ...failed,
  software: { name: HOSTILE, version: '1.2.3' },
  title: HOSTILE,
  deployment: HOSTILE,
  checks: failed.checks.map((check, i) => ({
    ...check,
    id: `${check.id}/${i} ${HOSTILE}`,
    title: `${i} ${HOSTILE}`,
    message: HOSTILE,
  })),
  survival: failed.survival.map((point) => ({ ...point, attack: `${point.attack} ${HOSTILE}` })),
  figures: { [HOSTILE]: 1 },
  findings: [HOSTILE, `# ${HOSTILE}`, `1. ${HOSTILE}`],
};

/** More than a comment holds. */
export const huge: GateResult = {
  ...failed,
  checks: Array.from({ length: 2000 }, (_, i) => ({ ...failed.checks[i % 9], id: `survival/${i}` })),
  power: Array.from({ length: 500 }, (_, i) => ({ ...failed.power[0], tokens: i + 1 })),
};

export const all = { failed, passed, undecided, empty, hostile, huge };
