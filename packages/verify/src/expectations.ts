/** What is expected of a deployment, and the measures and checks that it takes. @module */
import { attackOf } from './attacks/index.ts';
import type { Check } from './checks/check.ts';
import { choiceCheck } from './checks/choice.ts';
import { costCheck, difference, ratio } from './checks/cost.ts';
import { distortionCheck } from './checks/distortion.ts';
import { meanCheck } from './checks/mean.ts';
import { regressionCheck } from './checks/regression.ts';
import { shareCheck } from './checks/share.ts';
import type { Gate } from './gate.ts';
import { falseAlarm, found, strength } from './measures/detection.ts';
import type { Evidence } from './measures/evidence.ts';
import type { Measure } from './measures/measure.ts';
import { distinctMeasure, lengthMeasure, perplexityMeasure, repetitionMeasure } from './measures/quality.ts';
import { survival } from './measures/survival.ts';
import type { Sample } from './sample.ts';

/** Each is checked by the bound that is less favourable. `false`: not asked. */
export interface Expectations {
  /** Of texts cut to `tokens`, a share of at least `least` is found at p <= alpha. Default: 90 % at 1e-6, cut to 1 / 1.12 of the length asked for. */
  readonly detection?: readonly { readonly tokens: number; readonly alpha?: number; readonly least: number }[];
  /** Of unmarked texts, a share of at most `most` has p <= alpha. Default: 15 % at 1 %, which 32 texts can show; and an excess fails. */
  readonly falseAlarms?: { readonly alpha?: number; readonly most?: number } | false;
  /** Mean score of a pair, each context once. Default: not asked; a baseline says more. */
  readonly strength?: { readonly least?: number; readonly most?: number } | false;
  /** Perplexity of marked texts over that of unmarked ones. Default: at most 1.5, where there is a reference model. */
  readonly perplexity?: { readonly most: number } | false;
  /** Marked minus unmarked texts' share of repeated n-grams, n one more than the context width. Default: at most 0.02. */
  readonly repetition?: { readonly most: number } | false;
  /** Marked minus unmarked texts' share of distinct pairs of tokens. Default: at least -0.05. */
  readonly distinct?: { readonly least: number } | false;
  /** Marked minus unmarked texts' mean length, in tokens. Default: a tenth of the length asked for, either way. */
  readonly length?: { readonly least?: number; readonly most?: number } | false;
  /** Marked and unmarked texts' tokens come from one distribution. Default: asked of marks that act on the distribution. */
  readonly distortion?: boolean;
  /** Other seeds give other texts. Default: asked of marks that add a bias. */
  readonly choice?: boolean;
  /** After an attack, a share of at least `least` is found. Default: 50 % after a tenth of the words is replaced. */
  readonly survival?: readonly {
    readonly attack: string;
    readonly tokens?: number;
    readonly alpha?: number;
    readonly least: number;
  }[];
}

interface Means {
  readonly read: (sample: Sample) => Evidence;
  readonly seed: number;
  readonly maxTokens: number;
  readonly again: () => readonly Sample[];
  /** Their hash. */
  readonly prompts: string;
}

/** The plan of a gate. What cannot be measured there is no part of it. */
export function planOf(gate: Gate, means: Means): { measures: readonly Measure[]; checks: readonly Check[] } {
  const { mark, deployment, tokenizer, reference, baseline, materials = {} } = gate;
  const { read, seed, maxTokens, again, prompts } = means;
  const wanted = { ...defaultsOf(gate, maxTokens), ...defined(gate.expectations ?? {}) };
  const checks: Check[] = [];
  const measures: Measure[] = [];
  const add = (measure: Measure, check?: (measure: Measure) => Check) => {
    if (!measures.some(({ id }) => id === measure.id)) measures.push(measure);
    if (check) checks.push(check(measure));
  };
  for (const { tokens, alpha = ALPHA, least } of wanted.detection) {
    add(found(read, tokens, alpha), (measure) =>
      shareCheck(`detection/${measure.id.slice('found/'.length)}`, measure, { least }),
    );
  }
  const { strength: expectedStrength } = wanted;
  add(strength(read), expectedStrength ? (measure) => meanCheck('strength', measure, expectedStrength) : undefined);
  if (tokenizer) {
    for (const { attack: spec, tokens = usual(maxTokens), alpha = ALPHA, least } of wanted.survival) {
      const attack = attackOf(spec, materials);
      const measure = survival(attack, mark, tokenizer, { tokens, alpha, seed });
      add(measure, () => shareCheck(measure.id, measure, { least }));
    }
  }
  if (deployment.writesUnmarked !== false) {
    const { falseAlarms, perplexity, repetition, distinct, length } = wanted;
    if (falseAlarms) {
      const { alpha = 0.01, most = 0.15 } = falseAlarms;
      add(falseAlarm(read, alpha), (measure) => shareCheck('false-alarms', measure, { most }));
    }
    if (reference && perplexity) {
      add(perplexityMeasure(reference), (measure) =>
        costCheck('perplexity', measure, perplexity, ratio('perplexity, marked over unmarked')),
      );
    }
    if (repetition) {
      add(repetitionMeasure(mark.contextWidth + 1), (measure) =>
        costCheck('repetition', measure, repetition, difference(`${measure.title}, marked less unmarked`)),
      );
    }
    if (distinct) {
      add(distinctMeasure, (measure) =>
        costCheck('distinct', measure, distinct, difference(`${measure.title}, marked less unmarked`)),
      );
    }
    if (length) {
      add(lengthMeasure, (measure) => costCheck('length', measure, length, difference('tokens, marked less unmarked')));
    }
    if (wanted.distortion) checks.push(distortionCheck(seed));
  }
  if (wanted.choice && deployment.heedsSeeds !== false) checks.push(choiceCheck(again));
  checks.push(...(gate.checks ?? []));
  if (baseline) for (const measure of measures) checks.push(regressionCheck(measure, baseline, { seed, prompts }));
  return { measures, checks };
}

function defaultsOf({ mark }: Gate, maxTokens: number) {
  return {
    detection: [{ tokens: usual(maxTokens), alpha: ALPHA, least: 0.9 }],
    falseAlarms: {},
    strength: false,
    perplexity: { most: 1.5 },
    repetition: { most: 0.02 },
    distinct: { least: -0.05 },
    length: { least: -maxTokens / 10, most: maxTokens / 10 },
    distortion: mark.acts === 'distribution',
    choice: mark.acts === 'logits',
    survival: [{ attack: 'substitute:0.1', least: 0.5 }],
  } satisfies Expectations as Required<Expectations>;
}

function defined(expectations: Expectations): Expectations {
  return Object.fromEntries(Object.entries(expectations).filter(([, value]) => value !== undefined));
}

/** 200 of 224: text that is tokenized anew has fewer tokens. */
const usual = (maxTokens: number) => Math.round(maxTokens / 1.12);
const ALPHA = 1e-6;
