/**
 * The hook: rows of logits in, marked rows out, in place. It knows no engine; adapters feed it.
 *
 * A step goes through it as through a sampler: marks that bias logits, then truncation (if the hook is told to do it),
 * then marks that act on the final distribution. The engine draws from what comes out.
 * @module
 */
import {
  allocateLogits,
  checkInteger,
  checkOneOf,
  checkTokens,
  type Mark,
  type MarkDescriptor,
  type Stage,
  TOKEN_LIMIT,
} from '@taggant/core';
import { listOf } from './marks.ts';
import { type Context, type GenerationDedup, noSteps, Sequence, type Steps, type View } from './sequence.ts';
import { checkLogits, checkTemperature, checkTruncation, type Truncation, truncate } from './warp.ts';

/** How rows come to the hook, and what it does besides marking. */
export interface HookOptions extends Truncation {
  /**
   * The temperature T of the draw, whoever divides the rows by it: the engine before the hook (`post-temperature` rows), or
   * the engine, or `drawToken`, after it (`pre-temperature` rows). The hook divides nothing; T tells it how strong a bias
   * of the other stage is here, and, with rows that are still to be divided, what distribution they stand for: that one
   * is truncated and drawn from. From 1e-6, or 0 for greedy decoding, which distribution marks refuse. Default 1.
   */
  readonly temperature?: number;
  /** Whether rows arrive before or after the engine divided them by the temperature. Default `pre-temperature`. */
  readonly stage?: Stage;
  /**
   * Which repeated contexts stay unmarked. Default: `single-turn` with a distribution mark, which would otherwise repeat
   * itself; `none` with green lists only.
   */
  readonly dedup?: GenerationDedup;
  /** Width of a row, in tokens: 1 to 2^24 - 1. Default: the marks' tokenizer's, or whatever comes. */
  readonly vocabSize?: number;
}

/**
 * Marks batches of rows.
 *
 * @example
 * const hook = new MarkHook(mark, { temperature: 0.8, topK: 50 });
 * const sequence = hook.start(promptIds);
 * hook.processLogits(logits, [sequence]); // one row of logits per sequence, changed in place
 * sequence.push(chosenToken);
 */
export class MarkHook {
  /** What a detector needs to know of each mark, besides its key. */
  readonly descriptors: readonly MarkDescriptor[];
  /** On which side of the temperature rows come in and go out. */
  readonly stage: Stage;
  /** Width of a row, in tokens; undefined if neither the marks nor the options say it, and any width will do. */
  readonly vocabSize: number | undefined;
  readonly #onLogits: readonly Placed[];
  readonly #onDistribution: readonly Placed[];
  readonly #views: readonly View[];
  readonly #dedup: GenerationDedup;
  readonly #truncation: Required<Truncation>;
  /** What a row must be divided by to stand where the distribution is final. */
  readonly #toFinal: number;
  readonly #onlyBiases: boolean;

  /**
   * One mark or several, at most one of which acts on the distribution. Throws RangeError for options out of range, for
   * marks whose tokenizers differ in size, and for a distribution mark where there is nothing to choose.
   */
  constructor(marks: Mark | readonly Mark[], options: HookOptions = {}) {
    const all = listOf(marks);
    if (all.length === 0) throw new RangeError('"marks" expected at least one mark, got none');
    const { temperature = 1, stage = 'pre-temperature' } = options;
    checkTemperature(temperature);
    this.stage = checkOneOf(stage, 'stage', ['pre-temperature', 'post-temperature']);
    this.#truncation = checkTruncation(options);
    this.#views = all.filter((mark, i) => all.findIndex((other) => isSameView(mark, other)) === i);
    this.vocabSize = commonVocabSize(all, options.vocabSize);
    this.descriptors = all.map((mark) => mark.descriptor);
    const toFinal = stage === 'pre-temperature' && temperature > 0 ? temperature : 1;
    const placed = all.map((mark) => ({
      mark,
      view: this.#views.findIndex((view) => isSameView(mark, view)),
      scale: mark.acts === 'distribution' ? toFinal : biasScale(mark, stage, temperature),
    }));
    this.#onLogits = placed.filter(({ mark }) => mark.acts === 'logits');
    this.#onDistribution = placed.filter(({ mark }) => mark.acts === 'distribution');
    this.#toFinal = toFinal;
    this.#onlyBiases = this.#onDistribution.length === 0 && this.#truncation.topK === 0 && this.#truncation.topP === 1;
    this.#dedup = options.dedup ?? (this.#onDistribution.length > 0 ? 'single-turn' : 'none');
    checkOneOf(this.#dedup, 'dedup', ['none', 'single-turn', 'all']);
    if (this.#onDistribution.length > 1) {
      throw new RangeError(
        '"marks" expected at most one that acts on the distribution: after one draw there is nothing left to choose',
      );
    }
    for (const { mark } of this.#onDistribution) refuseGreedy(mark, temperature, this.#truncation.topK);
  }

  /**
   * The state of a new sequence. The prompt's token ids give the first steps their context; a step with fewer tokens before
   * it than the mark's context width stays unmarked, and is counted.
   */
  start(prompt: ArrayLike<number> = []): Sequence {
    return new Sequence(prompt, { views: this.#views, dedup: this.#dedup, vocabSize: this.vocabSize });
  }

  /**
   * Memory for so many rows in which marks work in place: rows elsewhere are copied in and out at every step. Let the
   * engine write its logits here, and keep it for all steps. From 1 to 65,536 rows, at most 2^28 logits in all; throws
   * RangeError where the hook does not know the width of a row.
   *
   * @example
   * const rows = hook.allocateLogits(8); // Float32Array, 8 * hook.vocabSize zeros
   */
  allocateLogits(rows: number): Float32Array {
    if (this.vocabSize === undefined) throw new RangeError('"vocabSize" expected for allocating rows, got none');
    return allocateLogits(checkInteger(rows, 'rows', 1, 2 ** 16) * this.vocabSize);
  }

  /**
   * Marks the next step of each sequence: `logits` holds one row per sequence, in their order, and is changed in place.
   * `undefined` stands for a sequence that has ended: its row is not looked at. Throws when the width is not the tokenizer's
   * or a logit is NaN or +Infinity, and says in which row and where in it; -Infinity marks excluded tokens. A row that is
   * refused stays as it was; the rows before it are marked already.
   */
  processLogits(logits: Float32Array, sequences: readonly (Sequence | undefined)[]): void {
    const width = this.#widthOf(logits, sequences.length);
    for (let i = 0; i < sequences.length; i++) {
      const sequence = sequences[i];
      if (sequence !== undefined) this.#processRow(logits, i, width, (view) => sequence.context(view), sequence.steps);
    }
  }

  /**
   * Marks draft positions for speculative decoding: for each request of k drafts, k + 1 rows of `logits`, in the requests'
   * order. Row j is marked as the step that comes after the first j drafts, so that it is what each draft must be
   * accepted against, and what a correction or the token after the last draft must be drawn from. Sequences stay as they
   * are: push the tokens that were accepted in the end. Returns what was done at each row; refuses as `processLogits` does.
   *
   * @example
   * hook.processDrafts(logits, [{ after: sequence, drafts: [17, 4, 99] }]); // 4 rows
   */
  processDrafts(logits: Float32Array, requests: readonly DraftRequest[]): Steps[] {
    const drafted = requests.map(({ drafts }, i) => checkTokens(drafts, `requests[${i}].drafts`, this.vocabSize));
    const width = this.#widthOf(logits, drafted.length && drafted.reduce((rows, { length }) => rows + length + 1, 0));
    const done: Steps[] = [];
    requests.forEach(({ after, generated = 0 }, i) => {
      const sequence = after instanceof Sequence ? after : this.#resume(after, generated);
      for (let count = 0; count <= drafted[i].length; count++) {
        const steps = noSteps();
        this.#processRow(logits, done.length, width, sequence.ahead(drafted[i], count), steps);
        done.push(steps);
      }
    });
    return done;
  }

  /** A sequence as it would be now if it had been kept. */
  #resume(tokens: ArrayLike<number>, generated: number): Sequence {
    const ids = checkTokens(tokens, 'after', this.vocabSize);
    const from = ids.length - checkInteger(generated, 'generated', 0, ids.length);
    const sequence = this.start(ids.subarray(0, from));
    for (const token of ids.subarray(from)) sequence.push(token);
    return sequence;
  }

  #widthOf(logits: Float32Array, rows: number): number {
    if (!(logits instanceof Float32Array))
      throw new TypeError(`"logits" expected a Float32Array, got ${typeof logits}`);
    const width = this.vocabSize ?? logits.length / rows;
    if (logits.length === 0 || !Number.isInteger(width) || logits.length !== width * rows) {
      throw new RangeError(
        `"logits" expected ${rows} rows of ${this.vocabSize ?? 'equal'} width, got ${logits.length} numbers`,
      );
    }
    return width;
  }

  #processRow(logits: Float32Array, i: number, width: number, context: (view: number) => Context, steps: Steps): void {
    try {
      this.#process(logits.subarray(i * width, (i + 1) * width), context, steps);
    } catch (error) {
      throw error instanceof RangeError ? new RangeError(`row ${i}: ${error.message}`, { cause: error }) : error;
    }
  }

  #process(row: Float32Array, context: (view: number) => Context, steps: Steps): void {
    for (const placed of this.#onLogits) applyTo(row, placed, context(placed.view), steps);
    if (this.#onlyBiases) return;
    truncate(row, this.#truncation, this.#toFinal);
    for (const placed of this.#onDistribution) {
      // A row that is left unmarked is looked at all the same.
      if (!applyTo(row, placed, context(placed.view), steps)) checkLogits(row);
    }
  }
}

/** k drafts after what there is of a sequence. */
export interface DraftRequest {
  /**
   * The sequence; or, for servers that keep none, its tokens so far: at least as many as the widest context, and all of
   * them where repeated contexts are to be left out.
   */
  readonly after: Sequence | ArrayLike<number>;
  /** How many of those tokens, at their end, were generated; the others are the prompt. Default 0. */
  readonly generated?: number;
  /** Token ids, in the order in which they would follow; none give one row, that of the next step. */
  readonly drafts: ArrayLike<number>;
}

interface Placed {
  readonly mark: Mark;
  /** Which of the hook's views the mark reads. */
  readonly view: number;
  /** What a nat on the mark's side of the temperature measures in the rows. */
  readonly scale: number;
}

/** Whether the mark was applied. */
function applyTo(row: Float32Array, { mark, scale }: Placed, context: Context, steps: Steps): boolean {
  if (typeof context === 'string') {
    steps[context]++;
    return false;
  }
  mark.apply(context, row, scale);
  steps.marked++;
  return true;
}

/** A bias meant for one side of the temperature, in the units of the side where the rows are. */
function biasScale({ stage }: Mark, rows: Stage, temperature: number): number {
  if (stage === undefined || stage === rows) return 1;
  if (temperature === 0) {
    throw new RangeError(`"temperature" expected a number above 0 for a ${stage} bias on ${rows} rows, got 0`);
  }
  return rows === 'post-temperature' ? 1 / temperature : temperature;
}

function refuseGreedy(mark: Mark, temperature: number, topK: number): void {
  if (temperature > 0 && topK !== 1) return;
  const got = temperature > 0 ? 'topK 1' : 'temperature 0';
  throw new RangeError(
    `the mark "${mark.title}" needs a choice to make: "temperature" above 0 and "topK" not 1 expected, got ${got}`,
  );
}

function isSameView(a: View, b: View): boolean {
  const [x, y] = [a.start, b.start];
  return (
    a.contextWidth === b.contextWidth &&
    (x === y || (x?.padding === y?.padding && x?.marks === y?.marks && x?.prompt === y?.prompt))
  );
}

function commonVocabSize(marks: readonly Mark[], given: number | undefined): number | undefined {
  if (given !== undefined) checkInteger(given, 'vocabSize', 1, TOKEN_LIMIT);
  const sizes = marks
    .map(({ descriptor }) => descriptor.vocabSize ?? descriptor.tokenizer?.vocabSize)
    .concat(given)
    .filter((size) => size !== undefined);
  if (new Set(sizes).size > 1)
    throw new RangeError(`"vocabSize" expected one size for all marks, got ${sizes.join(', ')}`);
  return sizes[0];
}
