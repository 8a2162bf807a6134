/**
 * How many texts of a deployment an attacker has to read before its forgeries pass for the deployment's own.
 *
 * A forgery passes when the detector finds the mark. The attacker knows the context width and the tokenizer, has a
 * model of its own and never asks the detector: it counts (`learnMark`), tries how strong a bias its own model bears
 * (`chooseStrength`) and writes to prompts that it did not ask. What the curve shows is a lower bound of what can be
 * done. A stronger attacker would take exact probabilities of its own model in place of counts, choose prompts that
 * repeat the contexts it will need, look ahead when it writes, penalise repetition, ask a detector where there is one,
 * and pick the best of several forgeries. And whoever may quote needs no attack: a marked text that is copied carries
 * its mark, and so does one that is put together from pieces longer than the context.
 * @module
 */
import { checkFinite, checkInteger, type Mark, type MarkDescriptor } from '@taggant/core';
import { evidenceReader } from '../measures/evidence.ts';
import { seedOf } from '../random.ts';
import type { Share } from '../result.ts';
import { type Deployment, type Sample, samplesOf, type TextReply, type TextRequest } from '../sample.ts';
import { boundedShare, median } from '../summary.ts';
import { type Attacker, chooseStrength, meanSurprise } from './attacker.ts';
import { type Bias, forger } from './forge.ts';
import { learnMark } from './learn.ts';

export interface SpoofingOptions {
  /** With the key: what forgeries are tested for. The attacker sees its context width only. */
  readonly mark: Mark;
  readonly deployment: Deployment;
  readonly attacker: Attacker;
  /**
   * Two at least. The last of them, at most half, are what forgeries answer; the others are asked, again and again if
   * need be.
   */
  readonly prompts: readonly string[];
  /** Numbers of queries at which the attacker forges. Default 250, 500, 1000 and 2000. */
  readonly queries?: readonly number[];
  /** Forgeries at each. Default 32. */
  readonly forgeries?: number;
  /** Length of a text, asked for or forged. Default 200. */
  readonly tokens?: number;
  /** A forgery with p <= alpha passes. Default 1e-6. */
  readonly alpha?: number;
  /** Default 1. */
  readonly seed?: number;
  /** What the attacker takes for the context width. Default: the mark's. */
  readonly contextWidth?: number;
  /**
   * Perplexity of forgeries over that of the attacker's own texts, at most. Default 1.5: what a gate lets a mark cost.
   */
  readonly cost?: number;
  /** Texts without the mark that the attacker has already. Default: it writes as many as it asks for. */
  readonly base?: readonly Sample[];
  /** Of the bounds. Default 0.99. */
  readonly confidence?: number;
  readonly onProgress?: (progress: SpoofingProgress) => void;
}

export interface SpoofingProgress {
  /** What is being written. */
  readonly writing: 'queries' | 'base' | 'forgeries';
  readonly done: number;
  readonly wanted: number;
}

/** What the attacker can do after so many queries. */
export interface SpoofingPoint {
  readonly queries: number;
  /** Forgeries that pass. */
  readonly passed: Share;
  readonly medianLnP: number;
  /**
   * Perplexity of the forgeries over that of the attacker's own texts to the same prompts, by its model. Below 1 where
   * what was counted often enough is what is likely anyway: a cost in variety does not show here.
   */
  readonly perplexity: number;
  /** Of the bias, in nats, as the attacker chose it. */
  readonly strength: number;
  /** Pairs that its table favours. */
  readonly pairs: number;
}

export interface SpoofingCurve {
  readonly mark: MarkDescriptor;
  readonly title: string;
  /** Of the attacker's table. */
  readonly contextWidth: number;
  readonly tokens: number;
  readonly alpha: number;
  readonly confidence: number;
  readonly points: readonly SpoofingPoint[];
}

/**
 * Asks, learns and forges. Each query is asked once and counts for every larger number. Throws what the deployment
 * throws, and RangeError for options out of range.
 *
 * @example
 * const curve = await spoofingCurve({ mark, deployment, attacker: localAttacker(model, tokenizer), prompts });
 * queriesNeeded(curve); // 500, say
 */
export async function spoofingCurve(options: SpoofingOptions): Promise<SpoofingCurve> {
  const { mark, deployment, attacker, base, onProgress } = options;
  const { queries, forgeries, tokens, alpha, seed, contextWidth, cost, confidence } = parsed(options);
  const [asked, own] = parted(options.prompts, forgeries);
  const read = evidenceReader(mark);
  const { tokenizer, reference } = attacker;
  const request = (prompts: readonly string[], name: string, i: number): TextRequest => ({
    id: `${name} ${i}`,
    prompt: prompts[i % prompts.length],
    seed: seedOf(seed, `${name} ${i}`),
    marked: name === 'queries',
    maxTokens: tokens,
  });
  const extend = async (into: Sample[], size: number, name: Writing, write: Write, writing = name) => {
    while (into.length < size) {
      onProgress?.({ writing, done: into.length, wanted: size });
      const count = Math.min(BATCH, size - into.length);
      const requests = Array.from({ length: count }, (_, i) =>
        request(name === 'forgeries' ? own : asked, name, into.length + i),
      );
      into.push(...samplesOf(await write(requests), requests, { name, tokenizer }));
    }
    onProgress?.({ writing, done: size, wanted: size });
    return into;
  };
  // Without a bias, its own text to the same prompts, for comparison.
  const forge = (bias?: Bias) =>
    extend([], forgeries, 'forgeries', (requests) => attacker.write(requests, bias), bias ? 'forgeries' : 'base');
  const trial = {
    reference,
    cost,
    async write(bias?: Bias) {
      const requests = Array.from({ length: TRIALS }, (_, i) => ({
        ...request(own, 'trial', i),
        maxTokens: Math.min(tokens, TRIAL_TOKENS),
      }));
      return samplesOf(await attacker.write(requests, bias), requests, { name: 'the attacker', tokenizer });
    },
  };

  const honest = await meanSurprise(await forge(), reference);
  const [marked, plain]: [Sample[], Sample[]] = [[], []];
  const points: SpoofingPoint[] = [];
  for (const size of queries) {
    await extend(marked, size, 'queries', (requests) => deployment.write(requests));
    if (base === undefined) await extend(plain, size, 'base', (requests) => attacker.write(requests));
    const table = learnMark(marked, base ?? plain, { contextWidth });
    const strength = await chooseStrength(table, trial);
    const forged = await forge(forger(table, { strength }));
    const lnPs = forged.map((sample) => read(sample).lnPOf(sample.tokens.length));
    points.push({
      queries: size,
      passed: boundedShare(lnPs.filter((lnP) => lnP <= Math.log(alpha)).length, forgeries, confidence),
      medianLnP: median(lnPs),
      perplexity: Math.exp((await meanSurprise(forged, reference)) - honest),
      strength,
      pairs: table.size,
    });
  }
  return { mark: mark.descriptor, title: mark.title, contextWidth, tokens, alpha, confidence, points };
}

/** The least number of queries after which half of the forgeries pass; undefined where none was enough. */
export function queriesNeeded({ points }: SpoofingCurve): number | undefined {
  return points.find(({ passed: { found, n } }) => 2 * found >= n)?.queries;
}

type Writing = SpoofingProgress['writing'];
type Write = (requests: readonly TextRequest[]) => Promise<readonly TextReply[]>;

function parsed(options: SpoofingOptions) {
  const { queries = [250, 500, 1000, 2000], forgeries = 32, tokens = 200, alpha = 1e-6, seed = 1 } = options;
  const { contextWidth = options.mark.contextWidth, cost = 1.5, confidence = 0.99 } = options;
  if (queries.length === 0) throw new RangeError('"queries" expected at least one number, got none');
  if (!(checkFinite(alpha, 'alpha') > 0 && alpha < 1)) {
    throw new RangeError(`"alpha" expected a number in (0, 1), got ${alpha}`);
  }
  if (checkFinite(cost, 'cost') < 1) throw new RangeError(`"cost" expected a number of at least 1, got ${cost}`);
  return {
    queries: [...new Set(queries)].map((count) => checkInteger(count, 'queries', 1, 2 ** 20)).sort((a, b) => a - b),
    forgeries: checkInteger(forgeries, 'forgeries', 1, 2 ** 16),
    tokens: checkInteger(tokens, 'tokens', 1, 2 ** 20),
    alpha,
    seed: checkInteger(seed, 'seed', 0, 2 ** 32 - 1),
    contextWidth,
    cost,
    confidence,
  };
}

/** Those that are asked, and those that forgeries answer. */
function parted(prompts: readonly string[], forgeries: number): [readonly string[], readonly string[]] {
  if (prompts.length < 2) throw new RangeError(`"prompts" expected at least two, got ${prompts.length}`);
  const from = prompts.length - Math.min(forgeries, Math.floor(prompts.length / 2));
  return [prompts.slice(0, from), prompts.slice(from)];
}

const BATCH = 32;
const TRIALS = 8;
const TRIAL_TOKENS = 64;
