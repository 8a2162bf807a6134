import { type Mark, openMark } from '@taggant/core';
import { type GenerationDedup, MarkHook, type Sequence, warp } from '@taggant/sampler';
import { describe, expect, it } from 'vitest';
import { randomRow, secretOf, softmax, uniforms } from '../../core/test/support.ts';

const V = 600;
const tokenizer = { name: 'test', vocabSize: V };
const rowOf = (seed: number) => randomRow(V, uniforms(seed));
const greenlist = (options = {}, secret = 1) =>
  openMark({ scheme: 'greenlist', delta: 2, ...options }, secretOf(secret));
const gumbel = (options = {}) => openMark({ scheme: 'gumbel', contextWidth: 2, ...options }, secretOf(1));
const tournament = (options = {}) => openMark({ scheme: 'tournament', contextWidth: 2, ...options }, secretOf(1));
const all: [string, () => Mark | Mark[]][] = [
  ['greenlist', greenlist],
  ['gumbel', gumbel],
  ['tournament', tournament],
  ['greenlist + gumbel', () => [greenlist(), gumbel({ contextWidth: 4 })]],
];

function marked(hook: MarkHook, row: Float32Array, sequence: Sequence): Float32Array {
  const copy = row.slice();
  hook.processLogits(copy, [sequence]);
  return copy;
}

/** Where two rows differ by more than `relative`, probability by probability. */
function differences(a: Float32Array, b: Float32Array, relative: number): number[] {
  const [p, q] = [softmax(a), softmax(b)];
  return [...p.keys()].filter((v) => Math.abs(p[v] - q[v]) > relative * Math.max(p[v], q[v]));
}

describe.each(all)('%s', (_, open) => {
  it('marks a batch as it marks each row alone', () => {
    const hook = new MarkHook(open(), { temperature: 0.7, topK: 50 });
    const prompts = [[1, 2, 3, 4], [5, 6], [], [1, 2, 3, 4, 5, 6, 7]];
    const [together, alone] = [0, 1].map(() => prompts.map((prompt) => hook.start(prompt)));
    for (let step = 0; step < 5; step++) {
      const rows = prompts.map((_, i) => rowOf(10 * step + i));
      const batch = Float32Array.from(rows.flatMap((row) => [...row]));
      hook.processLogits(batch, together);
      rows.forEach((row, i) => {
        expect(batch.subarray(i * V, (i + 1) * V)).toEqual(marked(hook, row, alone[i]));
        for (const sequences of [together, alone]) sequences[i].push((7 * step + i) % 5);
      });
    }
    expect(together.map(({ steps }) => steps)).toEqual(alone.map(({ steps }) => steps));
  });

  it('leaves the row of a sequence that has ended as it is, and the others have what they have without it', () => {
    const hook = new MarkHook(open(), { temperature: 0.7, topK: 50 });
    const rows = [1, 2, 3].map(rowOf);
    rows[1].fill(Number.NaN);
    const batch = Float32Array.from(rows.flatMap((row) => [...row]));
    const sequences = [hook.start([1, 2, 3, 4]), undefined, hook.start([5, 6, 7, 8])];
    hook.processLogits(batch, sequences);
    const expected = [marked(hook, rows[0], hook.start([1, 2, 3, 4])), rows[1]];
    expected.push(marked(hook, rows[2], hook.start([5, 6, 7, 8])));
    expect(batch).toEqual(Float32Array.from(expected.flatMap((row) => [...row])));
  });

  it('a refusal says which row of a batch it is, and where in that row', () => {
    const hook = new MarkHook(open());
    const batch = Float32Array.from([1, 2, 3].flatMap((seed) => [...rowOf(seed)]));
    batch[2 * V + 7] = Number.NaN;
    const sequences = [1, 2, 3].map((token) => hook.start([token, 1, 2, 3]));
    const message = 'row 2: "logits[7]" expected a number below +Infinity, got NaN';
    expect(() => hook.processLogits(batch, sequences)).toThrow(new RangeError(message));
  });

  it.each([
    ['NaN', (row: Float32Array) => void (row[V - 1] = Number.NaN)],
    ['+Infinity', (row: Float32Array) => void (row[0] = Infinity)],
  ])('refuses a row with %s and leaves it as it was', (_, spoil) => {
    for (const options of [{}, { temperature: 0.7 }, { topK: 5, topP: 0.9 }]) {
      const hook = new MarkHook(open(), options);
      const sequence = hook.start([1, 2, 3, 4]);
      const row = rowOf(1);
      spoil(row);
      const before = row.slice();
      expect(() => hook.processLogits(row, [sequence])).toThrow(
        /^row 0: "logits\[\d+\]" expected a number below \+Infinity/,
      );
      expect(row).toEqual(before);
      expect(sequence.steps.marked).toBe(0);
    }
  });

  it('leaves a step without enough context bit-identical, at any temperature, and counts it', () => {
    const hook = new MarkHook(open(), { temperature: 0.7 });
    const sequence = hook.start([1]);
    const row = rowOf(2);
    expect(marked(hook, row, sequence)).toEqual(row);
    expect(sequence.steps.marked).toBe(0);
    expect(sequence.steps.shortContext).toBeGreaterThan(0);
  });
});

describe('sequences', () => {
  it('the prompt gives the context: the same row as the mark gives by itself', () => {
    const row = rowOf(3);
    const expected = row.slice();
    greenlist().apply(Uint32Array.of(8, 9), expected);
    const hook = new MarkHook(greenlist());
    expect(marked(hook, row, hook.start([7, 8, 9]))).toEqual(expected);
    const pushed = hook.start([7]);
    for (const token of [8, 9]) pushed.push(token);
    expect(marked(hook, row, pushed)).toEqual(expected);
    expect([pushed.length, pushed.steps.marked]).toEqual([3, 1]);
  });

  it('do not know of each other, nor of the array they began with', () => {
    const hook = new MarkHook(gumbel());
    const prompt = Uint32Array.of(1, 2);
    const [a, b] = [hook.start(prompt), hook.start(prompt)];
    prompt.fill(9);
    const row = rowOf(4);
    const first = marked(hook, row, a);
    a.push(3);
    expect(marked(hook, row, b)).toEqual(first);
    expect([a.length, b.length]).toEqual([3, 2]);
  });

  it('refuse what is no token of the vocabulary, and stay as they were', () => {
    const sequence = new MarkHook(greenlist({ tokenizer })).start([1, 2]);
    for (const token of [V, -1, 1.5, Number.NaN, '3', undefined]) {
      expect(() => sequence.push(token as number)).toThrow(`"token" expected a token id from 0 to ${V - 1}`);
    }
    expect(sequence.length).toBe(2);
    expect(() => new MarkHook(greenlist({ tokenizer })).start([V])).toThrow('"prompt[0]"');
    expect(() => new MarkHook(greenlist()).start('12' as never)).toThrow(TypeError);
  });
});

describe('generation-time deduplication', () => {
  /** Which steps of a generation are marked: prompt 1 2 3 1 2, then 7 1 2 7 1 2. */
  function markedSteps(mark: Mark, dedup: GenerationDedup | undefined): boolean[] {
    const hook = new MarkHook(mark, { dedup });
    const sequence = hook.start([1, 2, 3, 1, 2]);
    return [7, 1, 2, 7, 1, 2].map((token, step) => {
      const row = rowOf(step);
      const wasMarked = marked(hook, row, sequence).some((logit, v) => logit !== row[v]);
      sequence.push(token);
      return wasMarked;
    });
  }
  // Contexts of width 2 before each step: 12 27 71 12 27 71.
  const every = Array(6).fill(true);
  const singleTurn = [true, true, true, false, false, false];
  const prompts = [false, true, true, false, false, false];

  it.each([greenlist(), gumbel(), tournament()])('$descriptor.scheme: none marks every step', (mark) => {
    expect(markedSteps(mark, 'none')).toEqual(every);
  });

  it.each([greenlist(), gumbel(), tournament()])(
    '$descriptor.scheme: single-turn skips contexts of generated tokens',
    (mark) => {
      expect(markedSteps(mark, 'single-turn')).toEqual(singleTurn);
    },
  );

  it.each([greenlist(), gumbel(), tournament()])(
    '$descriptor.scheme: all skips contexts of the prompt, too',
    (mark) => {
      expect(markedSteps(mark, 'all')).toEqual(prompts);
    },
  );

  it('by default: none for green lists, single-turn for distribution marks', () => {
    expect([greenlist(), gumbel(), tournament()].map((mark) => markedSteps(mark, undefined))).toEqual([
      every,
      singleTurn,
      singleTurn,
    ]);
  });

  it.each([greenlist, gumbel, tournament])('a mark of width 0 is never skipped (%s)', (open) => {
    expect(markedSteps(open({ contextWidth: 0 }), 'all')).toEqual(every);
  });

  it('counts what it skips, and leaves the row bit-identical', () => {
    const hook = new MarkHook(gumbel(), { temperature: 0.3, dedup: 'all' });
    const sequence = hook.start([1, 2, 3, 1, 2]);
    const row = rowOf(1);
    expect(marked(hook, row, sequence)).toEqual(row);
    expect(sequence.steps).toEqual({ marked: 0, shortContext: 0, repeatedContext: 1 });
  });

  it('asking twice about one step gives the same row', () => {
    const hook = new MarkHook(gumbel());
    const sequence = hook.start([1, 2]);
    expect(marked(hook, rowOf(1), sequence)).toEqual(marked(hook, rowOf(1), sequence));
  });
});

describe('stages', () => {
  it.each(['pre-temperature', 'post-temperature'] as const)(
    'a %s bias gives one final distribution on either side of the temperature',
    (stage) => {
      const temperature = 0.5;
      const final = (rows: 'pre-temperature' | 'post-temperature') => {
        const hook = new MarkHook(greenlist({ stage }), { temperature, stage: rows });
        const row = rowOf(5);
        if (rows === 'post-temperature') warp(row, { temperature });
        const out = marked(hook, row, hook.start([1, 2]));
        if (rows === 'pre-temperature') warp(out, { temperature });
        return out;
      };
      expect(differences(final('pre-temperature'), final('post-temperature'), 1e-5)).toEqual([]);
      const unmarked = rowOf(5);
      warp(unmarked, { temperature });
      const green = differences(final('pre-temperature'), unmarked, 1e-5);
      expect(green.length).toBeGreaterThan(V / 2);
      // The odds between a green token and a red one change by e^(delta / T), or e^delta after the temperature.
      const odds = (row: Float32Array, v: number) => row[v] - unmarked[v];
      const shifts = [...unmarked.keys()]
        .filter((v) => unmarked[v] > -Infinity)
        .map((v) => odds(final('pre-temperature'), v));
      expect(Math.max(...shifts) - Math.min(...shifts)).toBeCloseTo(stage === 'pre-temperature' ? 4 : 2, 4);
    },
  );

  it('distribution marks see the final distribution on either side', () => {
    for (const open of [gumbel, tournament]) {
      const temperature = 0.6;
      const expected = rowOf(6);
      warp(expected, { temperature, topK: 40, topP: 0.9 });
      open().apply(Uint32Array.of(1, 2), expected);
      for (const stage of ['pre-temperature', 'post-temperature'] as const) {
        const hook = new MarkHook(open(), { temperature, stage, topK: 40, topP: 0.9 });
        const row = rowOf(6);
        if (stage === 'post-temperature') warp(row, { temperature });
        const out = marked(hook, row, hook.start([1, 2]));
        if (stage === 'pre-temperature') warp(out, { temperature });
        expect(differences(out, expected, 1e-4)).toEqual([]);
      }
    }
  });

  it('greedy decoding: a bias cannot cross a temperature of 0', () => {
    expect(() => new MarkHook(greenlist({ stage: 'post-temperature' }), { temperature: 0 })).toThrow(
      /"temperature" expected a number above 0/,
    );
    expect(() => new MarkHook(greenlist(), { temperature: 0, stage: 'post-temperature' })).toThrow(RangeError);
  });
});

describe('truncation', () => {
  it('drops tokens and leaves the others bit-identical, whatever the temperature', () => {
    const hook = new MarkHook(greenlist({ delta: 0 }), { temperature: 0.7, topK: 20, topP: 0.8 });
    const row = rowOf(7);
    const kept = row.slice();
    warp(kept, { temperature: 0.7, topK: 20, topP: 0.8 });
    expect(marked(hook, row, hook.start([1, 2]))).toEqual(
      row.map((logit, v) => (kept[v] > -Infinity ? logit : -Infinity)),
    );
  });

  it('comes after biases: a green token may enter the top-k', () => {
    const hook = new MarkHook(greenlist({ delta: 50 }), { topK: 5 });
    const out = marked(hook, rowOf(8), hook.start([1, 2]));
    const green = new Float32Array(V);
    greenlist().apply(Uint32Array.of(1, 2), green);
    const kept = [...out.keys()].filter((v) => out[v] > -Infinity);
    expect(kept.length).toBe(5);
    expect(kept.every((v) => green[v] > 0)).toBe(true);
  });

  it('comes before distribution marks: the draw stays inside', () => {
    for (let seed = 0; seed < 100; seed++) {
      const hook = new MarkHook(gumbel(), { topK: 3 });
      const row = rowOf(seed);
      const out = marked(hook, row, hook.start([seed, 2]));
      const rank = [...row].filter((logit) => logit > row[out.indexOf(0)]).length;
      expect(rank).toBeLessThan(3);
    }
  });
});

describe('stacks', () => {
  it('two green lists bias as both of them apart', () => {
    const [owner, account] = [greenlist({ delta: 3 }), greenlist({ delta: 1, cohort: 777 })];
    const expected = rowOf(9);
    owner.apply(Uint32Array.of(1, 2), expected);
    account.apply(Uint32Array.of(1, 2), expected);
    const hook = new MarkHook([owner, account]);
    const sequence = hook.start([1, 2]);
    expect(marked(hook, rowOf(9), sequence)).toEqual(expected);
    expect(sequence.steps.marked).toBe(2);
    const bias = expected.map((logit, v) => Math.round(logit - rowOf(9)[v])).filter((bias) => !Number.isNaN(bias));
    expect(new Set(bias)).toEqual(new Set([0, 1, 3, 4]));
  });

  it('a green list and Gumbel-max: the bias first, then the draw, each in a context of its own width', () => {
    const marks = [gumbel({ contextWidth: 4 }), greenlist()];
    const hook = new MarkHook(marks, { temperature: 0.5 });
    const expected = rowOf(10);
    greenlist().apply(Uint32Array.of(3, 4), expected);
    warp(expected, { temperature: 0.5 });
    gumbel({ contextWidth: 4 }).apply(Uint32Array.of(1, 2, 3, 4), expected);
    expect(marked(hook, rowOf(10), hook.start([1, 2, 3, 4]))).toEqual(expected);
    const short = hook.start([3, 4]);
    const biased = rowOf(10);
    greenlist().apply(Uint32Array.of(3, 4), biased);
    expect(marked(hook, rowOf(10), short)).toEqual(biased);
    expect(short.steps).toEqual({ marked: 1, shortContext: 1, repeatedContext: 0 });
  });
});

describe('refusals', () => {
  it.each([gumbel, tournament])('greedy decoding of a distribution mark (%s)', (open) => {
    for (const options of [{ temperature: 0 }, { topK: 1 }, { temperature: 0, stage: 'post-temperature' as const }]) {
      expect(() => new MarkHook(open(), options)).toThrow(/needs a choice to make/);
      expect(() => new MarkHook([greenlist(), open()], options)).toThrow(RangeError);
    }
    for (const options of [{ temperature: 0 }, { topK: 1 }]) new MarkHook(greenlist(), options);
  });

  it.each([
    [{ temperature: -1 }],
    [{ temperature: Number.NaN }],
    [{ temperature: '1' }],
    [{ topK: -1 }],
    [{ topP: 0 }],
    [{ stage: 'after' }],
    [{ dedup: 'some' }],
    [{ vocabSize: 0 }],
    [{ vocabSize: -5 }],
    [{ vocabSize: 1.5 }],
  ])('%j', (options) => {
    expect(() => new MarkHook(greenlist(), options as never)).toThrow(RangeError);
  });

  it('no mark, and marks of different vocabularies', () => {
    expect(() => new MarkHook([])).toThrow('"marks" expected at least one mark, got none');
    expect(
      () => new MarkHook([greenlist({ tokenizer }), gumbel({ tokenizer: { name: 'test', vocabSize: 9 } })]),
    ).toThrow('"vocabSize"');
    expect(() => new MarkHook(greenlist({ tokenizer }), { vocabSize: 9 })).toThrow('"vocabSize"');
  });

  it('rows of a wrong width, or that do not divide evenly, or that are no Float32Array', () => {
    const hook = new MarkHook(greenlist({ tokenizer }));
    const free = new MarkHook(greenlist());
    const sequences = (hook: MarkHook, n: number) => Array.from({ length: n }, () => hook.start([1, 2]));
    for (const length of [0, V - 1, V + 1, 2 * V]) {
      expect(() => hook.processLogits(new Float32Array(length), sequences(hook, 1))).toThrow(RangeError);
    }
    expect(() => free.processLogits(new Float32Array(10), sequences(free, 3))).toThrow(
      '"logits" expected 3 rows of equal width, got 10',
    );
    expect(() => free.processLogits(new Float32Array(10), [])).toThrow(RangeError);
    expect(() => free.processLogits(new Float64Array(10) as never, sequences(free, 1))).toThrow(TypeError);
    free.processLogits(new Float32Array(9), sequences(free, 3));
  });
});
