/** Small probes with results computed by the real code, always the same: suspects that lean to a mark, or do not. */
import {
  deriveCanaryKey,
  deriveKey,
  type Mark,
  type NativeMark,
  openMark,
  Secret,
  sha256Hex,
  type Tokenizer,
} from '@taggant/core';
import {
  Assignment,
  drawVariants,
  EVERYBODY,
  evaluate,
  exampleDeck,
  keyCommitment,
  type Plan,
  type ProbeMaterials,
  parsePlan,
  planCommitment,
  ServedContexts,
} from '@taggant/probes';
import type { ProbeReport } from '@taggant/report';
import { largestToken } from '@taggant/sampler';
import { random } from './fixtures.ts';

export const probeSecret = Secret.fromBytes(Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 3));
export const canaryKey = deriveCanaryKey(probeSecret);
const VOCABULARY = 512;

/** Words `w0` to `w511`, each a token. */
export const words: Tokenizer = {
  id: { name: 'words', vocabSize: VOCABULARY, sha256: sha256Hex('words') },
  encode: (text) => Uint32Array.from(text.match(/\d+/g) ?? [], Number),
  decode: (tokens) => Array.from(tokens, (token) => `w${token}`).join(' '),
};

export const [green, gumbel, tournament] = (['greenlist', 'gumbel', 'tournament'] as const).map((scheme) =>
  openMark({ scheme, tokenizer: words.id }, deriveKey(probeSecret, scheme)),
);

/** A text of a model that knows nothing; each token is marked by each of `marks` with probability `share`. */
export function written(marks: readonly Mark[], share: number, length: number, next: () => number): Uint32Array {
  const tokens = Array.from({ length: 4 }, () => Math.floor(VOCABULARY * next()));
  while (tokens.length < length) {
    const logits = Float32Array.from({ length: VOCABULARY }, () => -2 * Math.log(-Math.log(next() || 0.5)));
    for (const mark of marks) if (next() < share) mark.apply(Uint32Array.from(tokens.slice(-4)), logits);
    tokens.push(largestToken(logits));
  }
  return Uint32Array.from(tokens);
}

/** Answers of a suspect, one of ten failed, one of ten a copy of another, one of ten begins with its prompt. */
export function answersOf(marks: readonly Mark[], share: number, count: number, seed: number) {
  const next = random(seed);
  return Array.from({ length: count }, (_, i) => {
    const prompt = words.decode(written([], 0, 12, next));
    const line = { i, id: `q${i}`, prompt };
    if (i % 10 === 9) return { ...line, failed: 'HTTP 500' };
    const reply = words.decode(written(marks, share, 60, i % 10 === 8 ? random(seed) : next));
    return { ...line, reply: i % 10 === 7 ? `${prompt} ${reply}` : reply };
  });
}

export function planOf(fields: Partial<Plan>, marks: readonly Mark[] = []): Plan {
  return parsePlan({
    plan: 'taggant/1',
    title: 'Is harrow-2 a student of ours?',
    test: 'radioactivity',
    suspect: {
      api: 'chat',
      baseUrl: 'https://api.example.com/tenants/acme/v1',
      model: 'harrow-2',
      parameters: { temperature: 0.7, max_tokens: 200 },
    },
    ...(marks.length > 0 && { marks: marks.map(plannedMark), tokenizer: words.id }),
    prompts: { file: 'prompts.jsonl', sha256: 'ab'.repeat(32), count: 100 },
    order: { seed: 1 },
    statistic: 'context',
    alpha: 1e-6,
    stopping: 'fixed',
    budget: { requests: 1000 },
    decoys: 200,
    software: { name: 'taggant', version: '0.1.0' },
    nonce: NONCE,
    ...fields,
  });
}

/** Hides the plan until it is opened: a page need not hold it. */
export const NONCE = '0123456789abcdef'.repeat(4);

function plannedMark({ descriptor }: Mark) {
  const { kid: _, ...parameters } = descriptor as NativeMark['descriptor'];
  return { descriptor: parameters, commitment: keyCommitment(deriveKey(probeSecret, parameters.scheme)) };
}

export interface Case {
  readonly marks: readonly Mark[];
  /** What the suspect learned from; default: the marks. */
  readonly learned?: readonly Mark[];
  readonly share: number;
  readonly plan?: Partial<Plan>;
  readonly count?: number;
  readonly materials?: ProbeMaterials;
  readonly seed?: number;
  /** No answer is used. */
  readonly silent?: boolean;
}

/** A test of radioactivity. */
export function probe({
  marks,
  learned = marks,
  share,
  plan,
  count = 100,
  materials,
  seed = 1,
  silent = false,
}: Case): ProbeReport & {
  plan: Plan;
} {
  const opened = planOf({ prompts: { file: 'p.jsonl', sha256: 'ab'.repeat(32), count }, ...plan }, marks);
  const lines = silent ? [] : answersOf(learned, share, count, seed);
  return { plan: opened, result: evaluate(opened, lines, { marks, tokenizer: words, ...materials }) };
}

/** Contexts that were served: half of those of the suspect's answers, some of them more than once. */
export function servedTo({ marks, share, count = 100, seed = 1 }: Case): ServedContexts {
  const served = new ServedContexts({ contextWidth: marks[0].contextWidth });
  answersOf(marks, share, count, seed).forEach((line, i) => {
    if ('reply' in line && i % 2 === 0) for (let k = 0; k <= i % 3; k++) served.add(words.encode(line.reply));
  });
  return served;
}

/** Two accounts, hostile names and all, whose text a suspect was trained on, and 40 others. */
export function accountsCase(scheme: 'greenlist' | 'tournament', guilty: readonly [string, string], range?: number) {
  const next = random(3);
  const bytes = (length: number) => Uint8Array.from({ length }, () => Math.floor(256 * next()));
  const others = Array.from({ length: 40 }, (_, i) => `account-${i}`);
  const epoch = { label: '2026', from: '2026-01-01T00:00:00Z' };
  const assignment = Assignment.create({ epoch, tiers: ['free'], accounts: [...guilty, ...others], range }, bytes);
  const numbered = (id: string) =>
    openMark(
      { scheme, tokenizer: words.id, cohort: assignment.account(id).number as number },
      deriveKey(probeSecret, scheme),
    );
  const mark = scheme === 'greenlist' ? green : tournament;
  const commitment = assignment.commitment();
  const plan = { accounts: { commitment, cohorts: 43, labels: 1 }, title: 'Whose text?' };
  const learned = [numbered(guilty[0]), numbered(guilty[1]), mark];
  return {
    assignment,
    report: probe({
      marks: [mark],
      learned,
      share: 0.5,
      plan,
      count: scheme === 'tournament' ? 20 : 60,
      materials: { assignment },
    }),
  };
}

/** A suspect that repeats what the first of `accounts` was told in a third of its answers. */
export function canariesCase(accounts: readonly string[] = [EVERYBODY], fields: Partial<Plan> = {}): ProbeReport {
  const deck = exampleDeck();
  const next = random(9);
  const { variants } = drawVariants(deck, canaryKey, accounts);
  const lines = deck.triggers.map(({ id, prompts, variants: texts }, i) => {
    const line = { i, id: `${id}/0`, prompt: prompts[0] };
    if (i % 16 === 0) return { ...line, reply: 'I would rather not say.' };
    if (i % 16 === 1) return { ...line, reply: `${texts[0].text}, or ${texts[1].text}.` };
    const variant = i % 3 === 0 ? variants[i] : Math.floor(texts.length * next());
    return { ...line, reply: `What about ${texts[variant].text}?` };
  });
  const plan = planOf({
    test: 'canaries',
    title: 'Canaries',
    prompts: { file: 'p.jsonl', sha256: 'ab'.repeat(32), count: lines.length },
    deck: { file: 'deck.json', sha256: 'cd'.repeat(32), commitment: canaryKey.commitment },
    decoys: 0,
    ...fields,
  });
  const assignment =
    accounts[0] === EVERYBODY
      ? undefined
      : Assignment.create({ epoch: { label: '2026', from: '2026-01-01T00:00:00Z' }, accounts }, (length) =>
          Uint8Array.from({ length }, () => Math.floor(256 * next())),
        );
  return { plan, result: evaluate(plan, lines, { deck, canaryKey, assignment }) };
}

/** As it would be with another name: what is hostile is shown, whoever wrote it. */
export function renamed({ result, plan }: Required<Pick<ProbeReport, 'result' | 'plan'>>, name: string): ProbeReport {
  const hostile = { ...plan, title: name, suspect: { ...plan.suspect, model: name } } as Plan;
  const marks = result.marks?.map((mark) => ({ ...mark, title: name }));
  return { plan: hostile, result: { ...result, title: name, plan: planCommitment(hostile), ...(marks && { marks }) } };
}
