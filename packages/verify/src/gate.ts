/**
 * The gate: asks a deployment for texts until every expectation is met, one is not, or there are no more texts to ask for.
 * @module
 */
import { checkInteger, type Mark, type Tokenizer } from '@taggant/core';
import type { AttackMaterials } from './attacks/attack.ts';
import { type Baseline, measuresOf } from './baseline.ts';
import type { Check, Texts } from './checks/check.ts';
import { type Expectations, planOf } from './expectations.ts';
import { figuresOf, powerOf, survivalOf } from './figures.ts';
import { findingsOf, type Suspicion } from './findings.ts';
import { type Levels, lookLevels, looksOf, readLevels } from './looks.ts';
import { evidenceReader } from './measures/evidence.ts';
import type { Measure } from './measures/measure.ts';
import type { Reference } from './measures/quality.ts';
import { seedOf } from './random.ts';
import type { CheckResult, GateResult } from './result.ts';
import { type Deployment, type Sample, samplesOf, type TextRequest } from './sample.ts';

/** What is verified, and with what. */
export interface Gate {
  readonly mark: Mark;
  readonly deployment: Deployment;
  /** Texts are tokenized with it as a detector does, and decoded for attacks. Absent: ids as generated, and no attacks. */
  readonly tokenizer?: Tokenizer;
  /**
   * At least as many different ones as there are marked texts at most, or they are used again with other seeds: then bounds are
   * about these prompts only. A mark that draws the token gives a prompt the same text again, so it is asked for each once.
   */
  readonly prompts: readonly string[];
  /** Length of a text at most. Default 224: more than the 200 tokens that are tested, because text that is tokenized anew is shorter. */
  readonly maxTokens?: number;
  /** Marked texts at the first look, and at the last. Default 32 and 256. */
  readonly texts?: { readonly first?: number; readonly most?: number };
  readonly expectations?: Expectations;
  readonly levels?: Levels;
  /** Of prompts' seeds, attacks and permutations: 0 to 2^32 - 1. Default 1. */
  readonly seed?: number;
  /** For the cost in perplexity. */
  readonly reference?: Reference;
  readonly materials?: AttackMaterials;
  readonly baseline?: Baseline;
  /** Further checks, such as those of a coverage audit. */
  readonly checks?: readonly Check[];
  /** What else a text that is not found may carry. */
  readonly suspicions?: readonly Suspicion[];
  readonly software: GateResult['software'];
  readonly onProgress?: (progress: GateProgress) => void;
}

export interface GateProgress {
  readonly texts: number;
  /** That the next look needs. */
  readonly wanted: number;
  readonly look: number;
  readonly looks: number;
  readonly undecided: number;
}

export interface GateRun {
  readonly result: GateResult;
  /** For later runs to be compared with. */
  readonly baseline: Baseline;
}

/**
 * Runs a gate. Throws what the deployment throws, and RangeError for options out of range.
 *
 * @example
 * const { result } = await runGate({ mark, tokenizer, deployment, prompts, software });
 * process.exitCode = result.outcome === 'passed' ? 0 : 1;
 */
export async function runGate(gate: Gate): Promise<GateRun> {
  const run = new Run(gate);
  await run.go();
  return { result: run.result(), baseline: run.baseline() };
}

class Run {
  readonly #gate: Gate;
  readonly #seed: number;
  readonly #maxTokens: number;
  readonly #prompts: readonly string[];
  readonly #sizes: readonly number[];
  readonly #measures: readonly Measure[];
  readonly #checks: readonly Check[];
  readonly #read: ReturnType<typeof evidenceReader>;
  readonly #marked: Sample[] = [];
  readonly #unmarked: Sample[] = [];
  readonly #values = new Numbers();
  readonly #plainValues = new Numbers();
  readonly #again: Sample[] = [];
  readonly #texts = new Set<string>();
  /** Texts that are another's, token by token: they say nothing new. */
  readonly #copies = new Set<Sample>();
  #results: readonly CheckResult[] = [];
  #looks = 0;

  constructor(gate: Gate) {
    const { mark, maxTokens = 224, seed = 1, levels = {}, baseline, software } = gate;
    this.#gate = gate;
    this.#seed = checkInteger(seed, 'seed', 0, 2 ** 32 - 1);
    this.#maxTokens = checkInteger(maxTokens, 'maxTokens', 1, 2 ** 20);
    readLevels(levels, 'levels');
    if (typeof software?.version !== 'string') throw new TypeError('"software" expected a name and a version');
    this.#prompts = promptsOf(gate);
    this.#sizes = sizesOf(gate, mark.acts === 'distribution' ? this.#prompts.length : Number.POSITIVE_INFINITY);
    if (baseline !== undefined && baseline.maxTokens !== this.#maxTokens) {
      const was = baseline.maxTokens ?? 'unknown';
      throw new RangeError(`"baseline" expected texts of ${this.#maxTokens} tokens, got ${was}: save a new one`);
    }
    this.#read = evidenceReader(gate.mark);
    const { measures, checks } = planOf(gate, {
      read: this.#read,
      seed: this.#seed,
      maxTokens: this.#maxTokens,
      again: () => this.#again,
      prompts: this.#promptsHash(),
    });
    this.#measures = measures;
    this.#checks = checks;
  }

  async go(): Promise<void> {
    const { levels = {}, deployment } = this.#gate;
    const fair = lookLevels(levels, this.#sizes.length, this.#checks.length);
    const once = lookLevels(levels, 1, this.#checks.length);
    for (const size of this.#sizes) {
      this.#report(size);
      await this.#write(size, true, this.#marked);
      if (deployment.writesUnmarked !== false) await this.#write(size, false, this.#unmarked);
      if (this.#isOpen('choice')) await this.#writeAgain(Math.min(size, FIRST_AGAIN << this.#looks));
      await this.#measure();
      this.#results = this.#checks.map((check) => check.look(this.#atHand(), check.isFixed ? once : fair));
      this.#looks++;
      if (this.#results.some(({ outcome }) => outcome === 'failed')) return;
      const isOpen = (check: Check, i: number) => !check.isFixed && this.#results[i].outcome === 'undecided';
      if (!this.#checks.some(isOpen)) return;
    }
  }

  result(): GateResult {
    const { mark, deployment, software, levels: { falseFailure = 0.01, confidence = 0.99 } = {} } = this.#gate;
    const outcomes = this.#results.map(({ outcome }) => outcome);
    const marked = this.#marked.filter((sample) => !this.#copies.has(sample));
    const evidence = { read: this.#read, marked, maxTokens: this.#maxTokens, confidence };
    return {
      gate: 'taggant/1',
      outcome: outcomeOf(outcomes),
      software,
      mark: mark.descriptor,
      title: mark.title,
      deployment: deployment.name,
      seed: this.#seed,
      levels: { falseFailure, confidence },
      texts: {
        marked: this.#marked.length,
        unmarked: this.#unmarked.length,
        tokens: [...this.#marked, ...this.#unmarked].reduce((sum, { tokens }) => sum + tokens.length, 0),
        looks: this.#looks,
        most: this.#sizes[this.#sizes.length - 1],
      },
      checks: this.#results,
      power: powerOf(evidence),
      survival: survivalOf(this.#measures, this.#values.byMeasure, confidence),
      figures: figuresOf(evidence, this.#values.byMeasure, this.#plainValues.byMeasure),
      findings: this.#results.some(isWeak)
        ? findingsOf(mark, this.#marked, { read: this.#read, suspicions: this.#gate.suspicions })
        : [],
    };
  }

  baseline(): Baseline {
    const { mark, deployment, software } = this.#gate;
    const measures = [
      ...this.#measures
        .filter(({ of }) => of !== 'unmarked')
        .map(({ id }) => [id, this.#values.byMeasure.get(id)] as const),
      ...this.#measures
        .filter(({ of }) => of === 'unmarked')
        .map(({ id }) => [id, this.#plainValues.byMeasure.get(id)] as const),
    ];
    const values = new Map(measures.flatMap(([id, texts]) => (texts === undefined ? [] : [[id, texts] as const])));
    return {
      baseline: 'taggant/1',
      mark: mark.descriptor,
      deployment: deployment.name,
      software,
      maxTokens: this.#maxTokens,
      prompts: this.#promptsHash(),
      measures: measuresOf(values),
    };
  }

  async #write(size: number, marked: boolean, into: Sample[]): Promise<void> {
    while (into.length < size) {
      const from = into.length;
      const to = Math.min(size, from + BATCH);
      const requests = Array.from({ length: to - from }, (_, i) => this.#request(from + i, marked));
      const samples = await this.#samples(requests);
      for (const sample of samples) this.#noteCopy(sample, marked);
      into.push(...samples);
      this.#report(size);
    }
  }

  #noteCopy(sample: Sample, marked: boolean): void {
    if (sample.tokens.length < LEAST_COPIED) return;
    const text = `${marked} ${sample.tokens.join(' ')}`;
    if (this.#texts.has(text)) this.#copies.add(sample);
    this.#texts.add(text);
  }

  /** Whether a check is asked for, and has not passed. */
  #isOpen(id: string): boolean {
    const isOf = (one: { readonly id: string }) => one.id === id;
    return this.#checks.some(isOf) && this.#results.find(isOf)?.outcome !== 'passed';
  }

  /** The first prompts once more, under other seeds. */
  async #writeAgain(size: number): Promise<void> {
    const from = this.#again.length;
    if (from >= size) return;
    const requests = Array.from({ length: size - from }, (_, i) => ({
      ...this.#request(from + i, true),
      seed: seedOf(this.#seed, `again ${from + i}`),
    }));
    this.#again.push(...(await this.#samples(requests)));
  }

  async #samples(requests: readonly TextRequest[]): Promise<Sample[]> {
    const { deployment, tokenizer } = this.#gate;
    return samplesOf(await deployment.write(requests), requests, { name: deployment.name, tokenizer });
  }

  #request(i: number, marked: boolean): TextRequest {
    const prompt = this.#prompts[i % this.#prompts.length];
    const seed = seedOf(this.#seed, `${marked ? 'marked' : 'unmarked'} ${i}`);
    return { id: String(i), prompt, seed, marked, maxTokens: this.#maxTokens };
  }

  /** Of what pairs texts of two runs; none where they were written before, in an order of their own. */
  #promptsHash(): string | undefined {
    if (this.#gate.deployment.texts !== undefined) return undefined;
    const hashes = [0, 1].map((salt) => seedOf(salt, JSON.stringify([this.#prompts, this.#maxTokens])));
    return hashes.map((hash) => hash.toString(16).padStart(8, '0')).join('');
  }

  async #measure(): Promise<void> {
    for (const measure of this.#measures) {
      if (measure.of !== 'unmarked') await this.#values.add(measure, this.#marked, this.#copies);
      if (measure.of !== 'marked') await this.#plainValues.add(measure, this.#unmarked, this.#copies);
    }
  }

  #atHand(): Texts {
    return {
      marked: this.#marked,
      unmarked: this.#unmarked,
      values: this.#values.byMeasure,
      plainValues: this.#plainValues.byMeasure,
    };
  }

  #report(wanted: number): void {
    this.#gate.onProgress?.({
      texts: this.#marked.length + this.#unmarked.length,
      wanted: this.#gate.deployment.writesUnmarked === false ? wanted : 2 * wanted,
      look: this.#looks + 1,
      looks: this.#sizes.length,
      undecided: this.#results.filter(({ outcome }) => outcome === 'undecided').length,
    });
  }
}

/** Each once. */
function promptsOf({ prompts, deployment }: Gate): readonly string[] {
  if (!Array.isArray(prompts) || prompts.length === 0) {
    throw new RangeError('"prompts" expected at least one prompt, got none');
  }
  return deployment.texts === undefined ? [...new Set(prompts)] : prompts;
}

/** Texts at each look: as many as there can be, `prompts` at most where nothing is written before. */
function sizesOf({ texts = {}, deployment }: Gate, prompts: number): number[] {
  const { first = Math.min(32, texts.most ?? 32), most = Math.max(256, first) } = texts;
  checkInteger(first, 'texts.first', 1, 2 ** 20);
  checkInteger(most, 'texts.most', first, 2 ** 20);
  if (deployment.texts === undefined && prompts < first) {
    const why = 'a mark that draws the token gives a prompt the same text again';
    throw new RangeError(`"prompts" expected at least ${first} different ones (${why}), got ${prompts}`);
  }
  const available = Math.min(most, deployment.texts ?? prompts);
  if (available === 0) throw new RangeError('"deployment" expected at least one text, got none');
  return looksOf(Math.min(first, available), available);
}

/** Passed takes a check that passed: where all were skipped, nothing is known. */
function outcomeOf(outcomes: readonly CheckResult['outcome'][]): GateResult['outcome'] {
  if (outcomes.includes('failed')) return 'failed';
  return outcomes.includes('undecided') || !outcomes.includes('passed') ? 'undecided' : 'passed';
}

/** The numbers of texts, by measure. */
class Numbers {
  readonly byMeasure = new Map<string, Map<string, number>>();
  readonly #seen = new Map<string, number>();

  /** Measures the texts that are not measured yet, but for `copies`. */
  async add(measure: Measure, samples: readonly Sample[], copies: ReadonlySet<Sample>): Promise<void> {
    const known = this.byMeasure.get(measure.id) ?? new Map<string, number>();
    this.byMeasure.set(measure.id, known);
    const fresh = samples.slice(this.#seen.get(measure.id) ?? 0).filter((sample) => !copies.has(sample));
    this.#seen.set(measure.id, samples.length);
    const numbers = await measure.measure(fresh);
    fresh.forEach(({ id }, i) => {
      const value = numbers[i];
      if (value !== undefined) known.set(id, value);
    });
  }
}

/** Whether it says that there is less of the mark than there should be. */
function isWeak({ id, outcome, measured, expected }: CheckResult): boolean {
  // Where no text was long enough, nothing is known of the mark.
  if (measured === undefined || outcome === 'passed' || outcome === 'skipped') return false;
  if (id === 'strength') return measured < (expected?.least ?? Number.NEGATIVE_INFINITY);
  if (id === 'against/strength') return measured < 0;
  if (outcome === 'undecided') return id.startsWith('detection/') && measured < (expected?.least ?? 0);
  return /^(detection|against\/found)\//.test(id);
}

const BATCH = 32;
const FIRST_AGAIN = 16;
/** Shorter texts may well be the same by chance. */
const LEAST_COPIED = 16;
