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
import { type Levels, lookLevels, looksOf } from './looks.ts';
import { evidenceReader } from './measures/evidence.ts';
import type { Measure } from './measures/measure.ts';
import type { Reference } from './measures/quality.ts';
import { seedOf } from './random.ts';
import type { CheckResult, GateResult } from './result.ts';
import type { Deployment, Sample, TextRequest } from './sample.ts';

/** What is verified, and with what. */
export interface Gate {
  readonly mark: Mark;
  readonly deployment: Deployment;
  /** Texts are tokenized with it as a detector does, and decoded for attacks. Absent: ids as generated, and no attacks. */
  readonly tokenizer?: Tokenizer;
  /** At least as many as there are marked texts at most, or they are used again with other seeds. */
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
  readonly #sizes: readonly number[];
  readonly #measures: readonly Measure[];
  readonly #checks: readonly Check[];
  readonly #read: ReturnType<typeof evidenceReader>;
  readonly #marked: Sample[] = [];
  readonly #unmarked: Sample[] = [];
  readonly #values = new Map<string, Map<string, number>>();
  readonly #plainValues = new Map<string, Map<string, number>>();
  #again: readonly Sample[] = [];
  #results: readonly CheckResult[] = [];
  #looks = 0;

  constructor(gate: Gate) {
    const { maxTokens = 224, seed = 1, texts: { first = 32, most = 256 } = {}, deployment, prompts } = gate;
    this.#gate = gate;
    this.#seed = checkInteger(seed, 'seed', 0, 2 ** 32 - 1);
    this.#maxTokens = checkInteger(maxTokens, 'maxTokens', 1, 2 ** 20);
    checkInteger(first, 'texts.first', 1, 2 ** 20);
    checkInteger(most, 'texts.most', first, 2 ** 20);
    if (prompts.length === 0) throw new RangeError('"prompts" expected at least one prompt, got none');
    const available = Math.min(most, deployment.texts ?? most);
    if (available === 0) throw new RangeError('"deployment" expected at least one text, got none');
    this.#sizes = looksOf(Math.min(first, available), available);
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
    for (const size of this.#sizes) {
      this.#report(size);
      await this.#write(size, true, this.#marked);
      if (deployment.writesUnmarked !== false) await this.#write(size, false, this.#unmarked);
      if (this.#again.length === 0 && this.#checks.some(({ id }) => id === 'choice')) await this.#writeAgain();
      await this.#measure();
      this.#results = this.#checks.map((check) => check.look(this.#texts(), fair));
      this.#looks++;
      const outcomes = this.#results.map(({ outcome }) => outcome);
      if (outcomes.includes('failed') || !outcomes.includes('undecided')) return;
    }
  }

  result(): GateResult {
    const { mark, deployment, software, levels: { falseFailure = 0.01, confidence = 0.99 } = {} } = this.#gate;
    const outcomes = this.#results.map(({ outcome }) => outcome);
    const evidence = { read: this.#read, marked: this.#marked, maxTokens: this.#maxTokens, confidence };
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
      survival: survivalOf(this.#measures, this.#values, confidence),
      figures: figuresOf(evidence, this.#values, this.#plainValues),
      findings: this.#results.some(({ id, outcome }) => outcome === 'failed' && OF_EVIDENCE.test(id))
        ? findingsOf(mark, this.#marked, this.#gate.suspicions)
        : [],
    };
  }

  baseline(): Baseline {
    const { mark, deployment, software } = this.#gate;
    const measures = [
      ...this.#measures.filter(({ of }) => of !== 'unmarked').map(({ id }) => [id, this.#values.get(id)] as const),
      ...this.#measures.filter(({ of }) => of === 'unmarked').map(({ id }) => [id, this.#plainValues.get(id)] as const),
    ];
    const values = new Map(measures.flatMap(([id, texts]) => (texts === undefined ? [] : [[id, texts] as const])));
    return {
      baseline: 'taggant/1',
      mark: mark.descriptor,
      deployment: deployment.name,
      software,
      prompts: this.#promptsHash(),
      measures: measuresOf(values),
    };
  }

  async #write(size: number, marked: boolean, into: Sample[]): Promise<void> {
    while (into.length < size) {
      const from = into.length;
      const to = Math.min(size, from + BATCH);
      const requests = Array.from({ length: to - from }, (_, i) => this.#request(from + i, marked));
      into.push(...(await this.#samples(requests)));
      this.#report(size);
    }
  }

  async #writeAgain(): Promise<void> {
    const count = Math.min(AGAIN, this.#marked.length);
    const requests = Array.from({ length: count }, (_, i) => ({
      ...this.#request(i, true),
      seed: seedOf(this.#seed, `again ${i}`),
    }));
    this.#again = await this.#samples(requests);
  }

  async #samples(requests: readonly TextRequest[]): Promise<Sample[]> {
    const { deployment, tokenizer } = this.#gate;
    const replies = await deployment.write(requests);
    if (replies.length !== requests.length) {
      throw new RangeError(`${deployment.name} expected to give ${requests.length} replies, got ${replies.length}`);
    }
    return replies.map(({ text, tokens, promptTokens }, i) => {
      const { id, prompt } = requests[i];
      if (tokens === undefined && (text === undefined || tokenizer === undefined)) {
        const got = text === undefined ? 'neither' : 'text, and no tokenizer';
        throw new TypeError(`${deployment.name} expected to give "text" or "tokens", got ${got}`);
      }
      // As a detector will: what is served is the text.
      const ids = text !== undefined && tokenizer ? tokenizer.encode(text) : Uint32Array.from(tokens ?? []);
      return {
        id,
        prompt: promptTokens ? Uint32Array.from(promptTokens) : (tokenizer?.encode(prompt) ?? new Uint32Array(0)),
        tokens: ids.subarray(0, this.#maxTokens),
        text: text ?? tokenizer?.decode(ids) ?? '',
      };
    });
  }

  #request(i: number, marked: boolean): TextRequest {
    const { prompts } = this.#gate;
    const prompt = prompts[i % prompts.length];
    const seed = seedOf(this.#seed, `${marked ? 'marked' : 'unmarked'} ${i}`);
    return { id: String(i), prompt, seed, marked, maxTokens: this.#maxTokens };
  }

  /** Of what decides which texts are comparable. */
  #promptsHash(): string {
    const { prompts } = this.#gate;
    const hashes = [0, 1].map((salt) => seedOf(salt, JSON.stringify([prompts, this.#maxTokens])));
    return hashes.map((hash) => hash.toString(16).padStart(8, '0')).join('');
  }

  async #measure(): Promise<void> {
    for (const measure of this.#measures) {
      if (measure.of !== 'unmarked') await fill(this.#values, measure, this.#marked);
      if (measure.of !== 'marked') await fill(this.#plainValues, measure, this.#unmarked);
    }
  }

  #texts(): Texts {
    return {
      marked: this.#marked,
      unmarked: this.#unmarked,
      values: this.#values,
      plainValues: this.#plainValues,
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

/** Passed takes a check that passed: where all were skipped, nothing is known. */
function outcomeOf(outcomes: readonly CheckResult['outcome'][]): GateResult['outcome'] {
  if (outcomes.includes('failed')) return 'failed';
  return outcomes.includes('undecided') || !outcomes.includes('passed') ? 'undecided' : 'passed';
}

/** Measures the texts that are not measured yet. */
async function fill(values: Map<string, Map<string, number>>, measure: Measure, samples: readonly Sample[]) {
  const known = values.get(measure.id) ?? new Map<string, number>();
  values.set(measure.id, known);
  const seen = measured.get(known) ?? 0;
  const fresh = samples.slice(seen);
  measured.set(known, samples.length);
  const numbers = await measure.measure(fresh);
  fresh.forEach(({ id }, i) => {
    const value = numbers[i];
    if (value !== undefined) known.set(id, value);
  });
}

/** Checks that fail when the mark is not there as it should be. */
const OF_EVIDENCE = /^(against\/)?(detection|found|strength|survival)\b/;
/** How many texts went into a map, those without a number among them. */
const measured = new WeakMap<Map<string, number>, number>();
const BATCH = 32;
const AGAIN = 8;
