/** What is expected of a deployment, and the measures and checks that it takes. @module */
import type { Mark } from '@taggant/core';
import { flag, list, type Reader, word } from '@taggant/core/fields';
import { attackOf } from './attacks/index.ts';
import type { Check } from './checks/check.ts';
import { choiceCheck } from './checks/choice.ts';
import { costCheck, difference, ratio } from './checks/cost.ts';
import { distortionCheck } from './checks/distortion.ts';
import { meanCheck } from './checks/mean.ts';
import { regressionChecks } from './checks/regression.ts';
import { shareCheck } from './checks/share.ts';
import type { Gate } from './gate.ts';
import { falseAlarm, found, strength } from './measures/detection.ts';
import type { Evidence } from './measures/evidence.ts';
import type { Measure } from './measures/measure.ts';
import { distinctMeasure, lengthMeasure, perplexityMeasure, repetitionMeasure } from './measures/quality.ts';
import { survival } from './measures/survival.ts';
import { bounds, finite, object, openShare, orFalse, positive, share, tokens } from './readers.ts';
import type { Sample } from './sample.ts';

/** Each is checked by the bound that is less favourable. `false` or an empty list: not asked. What is asked for here and cannot be measured is an error. */
export interface Expectations {
  /** Of texts cut to `tokens`, a share of at least `least` is found at p <= alpha. Default: 90 % at 1e-6, cut to 1 / 1.12 of the length asked for. */
  readonly detection?: readonly { readonly tokens: number; readonly alpha?: number; readonly least: number }[] | false;
  /** Of unmarked texts, a share of at most `most` has p <= alpha. Default: 15 % at 1 %, which 64 texts can show; and an excess fails. */
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
  /** Marked and unmarked texts' tokens come from one distribution. Default: asked of our own marks that act on the distribution. */
  readonly distortion?: boolean;
  /** Other seeds give other texts. Default: asked of marks that add a bias. */
  readonly choice?: boolean;
  /** After an attack, a share of at least `least` is found. Default: 50 % after a tenth of the words is replaced. */
  readonly survival?:
    | readonly { readonly attack: string; readonly tokens?: number; readonly alpha?: number; readonly least: number }[]
    | false;
}

/** Checks expectations. Throws TypeError and RangeError that name the field. */
export const readExpectations = object({
  detection: orFalse(list(object({ tokens, alpha: openShare, least: share }, ['tokens', 'least']), 0)),
  falseAlarms: orFalse(object({ alpha: openShare, most: share })),
  strength: orFalse(bounds(finite)),
  perplexity: orFalse(object({ most: positive }, ['most'])),
  repetition: orFalse(object({ most: finite }, ['most'])),
  distinct: orFalse(object({ least: finite }, ['least'])),
  length: orFalse(bounds(finite)),
  distortion: flag,
  choice: flag,
  survival: orFalse(list(object({ attack: word, tokens, alpha: openShare, least: share }, ['attack', 'least']), 0)),
}) as Reader<Expectations>;

interface Means {
  readonly read: (sample: Sample) => Evidence;
  readonly seed: number;
  readonly maxTokens: number;
  readonly again: () => readonly Sample[];
  /** Their hash, where they pair the texts of two runs. */
  readonly prompts?: string;
}

/** The plan of a gate. Defaults that cannot be measured there are no part of it. */
export function planOf(gate: Gate, means: Means): { measures: readonly Measure[]; checks: readonly Check[] } {
  const { mark, deployment, tokenizer, reference, baseline, materials = {} } = gate;
  const { read, seed, maxTokens, again, prompts } = means;
  const asked = readExpectations(gate.expectations ?? {}, 'expect');
  refuseUnmeasurable(asked, gate);
  const wanted = { ...defaultsOf(gate, maxTokens), ...asked };
  const checks: Check[] = [];
  const measures: Measure[] = [];
  const add = (measure: Measure, check?: (measure: Measure) => Check) => {
    if (!measures.some(({ id }) => id === measure.id)) measures.push(measure);
    if (check) checks.push(check(measure));
  };
  for (const { tokens, alpha = ALPHA, least } of wanted.detection || []) {
    refuseLonger(tokens, maxTokens, 'expect.detection');
    add(found(read, tokens, alpha), (measure) =>
      shareCheck(`detection/${measure.id.slice('found/'.length)}`, measure, { least }),
    );
  }
  const { strength: expectedStrength } = wanted;
  add(
    strength(read, mark),
    expectedStrength ? (measure) => meanCheck('strength', measure, expectedStrength) : undefined,
  );
  if (tokenizer) {
    for (const { attack: spec, tokens = usual(maxTokens), alpha = ALPHA, least } of wanted.survival || []) {
      refuseLonger(tokens, maxTokens, 'expect.survival');
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
    if (wanted.distortion) checks.push(distortionCheck(mark, asked.distortion));
  }
  if (wanted.choice && deployment.heedsSeeds !== false) checks.push(choiceCheck(again));
  checks.push(...(gate.checks ?? []));
  if (baseline) checks.push(...regressionChecks(measures, baseline, { seed, prompts }));
  const ids = checks.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined) throw new RangeError(`"expect" expected each check once, got ${twice} twice`);
  return { measures, checks };
}

/** A threshold that somebody wrote down must not vanish. */
function refuseUnmeasurable(asked: Expectations, { mark, deployment, tokenizer, reference }: Gate): void {
  const needs = (names: readonly (keyof Expectations)[], isThere: boolean, what: string) => {
    const name = names.find((one) => isAsked(asked[one]));
    if (name !== undefined && !isThere) throw new TypeError(`"expect.${name}" needs ${what}, and there is none`);
  };
  needs(OF_BOTH, deployment.writesUnmarked !== false, 'unmarked texts to compare with');
  needs(['perplexity'], reference !== undefined, 'a reference model');
  needs(['survival'], tokenizer !== undefined, 'a tokenizer');
  needs(
    ['distortion'],
    keepsDistribution(mark),
    'a mark that keeps the distribution, with a seed of the whole context',
  );
  needs(['distortion'], deployment.texts === undefined, 'marked and unmarked texts of the same prompts');
  needs(['choice'], deployment.heedsSeeds !== false, 'a deployment that heeds seeds');
}

/** As far as can be told, and tested. */
const keepsDistribution = ({ acts, distinct }: Mark) => acts === 'distribution' && distinct === undefined;

const isAsked = (value: unknown) =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

function refuseLonger(tokens: number, maxTokens: number, name: string): void {
  if (tokens <= maxTokens) return;
  throw new RangeError(
    `"${name}" expected at most the ${maxTokens} tokens that are asked for (maxTokens), got ${tokens}`,
  );
}

function defaultsOf({ mark, deployment }: Gate, maxTokens: number) {
  return {
    detection: [{ tokens: usual(maxTokens), alpha: ALPHA, least: 0.9 }],
    falseAlarms: {},
    strength: false,
    perplexity: { most: 1.5 },
    repetition: { most: 0.02 },
    distinct: { least: -0.05 },
    length: { least: -maxTokens / 10, most: maxTokens / 10 },
    // Marks of other engines may act on the distribution without keeping it.
    distortion: mark.descriptor.mark === 'taggant/1' && keepsDistribution(mark) && deployment.texts === undefined,
    choice: mark.acts === 'logits',
    survival: [{ attack: 'substitute:0.1', least: 0.5 }],
  } satisfies Expectations as Required<Expectations>;
}

/** 200 of 224: text that is tokenized anew has fewer tokens. */
const usual = (maxTokens: number) => Math.round(maxTokens / 1.12);
const OF_BOTH = ['falseAlarms', 'perplexity', 'repetition', 'distinct', 'length', 'distortion'] as const;
const ALPHA = 1e-6;
