/** What runs in the page of web-llm.test.ts: our processor, driven in the order of web-llm's engine, and that engine. @module */
import { CreateMLCEngine, type LogitProcessor } from '@mlc-ai/web-llm';
import { type NativeMarkInput, openMark, Secret } from '@taggant/core';
import { kernels } from '@taggant/kernels';
import { type MarkedLogitProcessorOptions, markedLogitProcessor } from '@taggant/sampler/web-llm';
import { randomRow, secretOf, softmax, uniforms } from '../../core/test/support.ts';

export const VOCAB_SIZE = 600;

export interface Run {
  readonly mark: NativeMarkInput;
  readonly options: Omit<MarkedLogitProcessorOptions, 'random'>;
  /** The seed of our draws; without it the engine draws. */
  readonly drawSeed?: number;
  readonly temperature: number;
  readonly topP: number;
  readonly presencePenalty: number;
  readonly steps: number;
  /** Texts one after the other, with a reset between them. */
  readonly texts: number;
}

export interface Page {
  backend(): string;
  /** What the kernels compute, as numbers: the same in every runtime. */
  computed(): number[];
  generate(run: Run): { texts: number[][]; steps: object[] };
  /** What the real engine says when it loads a model without a library for it. */
  reload(modelUrl: string): Promise<string>;
}

/** As `LLMChatPipeline.sampleTokenFromLogits` of web-llm 0.2.86 does: processor, penalties, temperature, top-p, draw. */
function sampleTokenFromLogits(
  logits: Float32Array,
  seen: Set<number>,
  processor: LogitProcessor,
  run: Run,
  u: number,
) {
  const row = processor.processLogits(logits).slice();
  for (const token of seen) row[token] -= run.presencePenalty;
  const p = softmax(row.map((logit) => logit / Math.max(1e-6, run.temperature)));
  const order = [...p.keys()].sort((a, b) => p[b] - p[a]);
  const kept: number[] = [];
  for (let mass = 0, i = 0; mass < Math.max(run.topP, 1e-5) && i < order.length; mass += p[order[i++]])
    kept.push(order[i]);
  let left = u * kept.reduce((sum, v) => sum + p[v], 0);
  return kept.find((v) => (left -= p[v]) < 0) ?? kept[0];
}

const page: Page = {
  backend: () => kernels().backend,
  computed,
  generate(run) {
    const random = run.drawSeed === undefined ? undefined : uniforms(run.drawSeed);
    const processor = markedLogitProcessor(openMark(run.mark, secretOf(1)), { ...run.options, random });
    const engineUniforms = uniforms(99);
    const all = Array.from({ length: run.texts }, (_, text) => {
      const tokens: number[] = [];
      const seen = new Set<number>();
      for (let step = 0; step < run.steps; step++) {
        // The model: logits that depend on the last two tokens.
        const logits = randomRow(VOCAB_SIZE, uniforms((tokens.at(-1) ?? text) * VOCAB_SIZE + (tokens.at(-2) ?? 0)), 0);
        const token = sampleTokenFromLogits(logits, seen, processor, run, engineUniforms());
        processor.processSampledToken(token);
        tokens.push(token);
        seen.add(token);
      }
      const steps = { ...processor.steps };
      processor.resetState();
      return { tokens, steps };
    });
    return { texts: all.map(({ tokens }) => tokens), steps: all.map(({ steps }) => steps) };
  },
  async reload(model) {
    const mark = openMark({ scheme: 'greenlist' }, Secret.generate());
    const logitProcessorRegistry = new Map<string, LogitProcessor>([['tiny', markedLogitProcessor(mark)]]);
    const appConfig = { model_list: [{ model, model_id: 'tiny', model_lib: `${model}none.wasm` }] };
    return CreateMLCEngine('tiny', { appConfig, logitProcessorRegistry }).then(
      () => 'loaded',
      (error) => String(error),
    );
  },
};

/** Rows biased, and pairs scored, by every native mark. */
export function computed(): number[] {
  const numbers: number[] = [];
  for (const scheme of ['greenlist', 'gumbel', 'tournament'] as const) {
    const mark = openMark({ scheme, contextWidth: 2 } as NativeMarkInput, secretOf(1));
    for (let seed = 0; seed < 10; seed++) {
      const row = randomRow(VOCAB_SIZE, uniforms(seed), 0);
      mark.apply(Uint32Array.of(seed, 7), row);
      numbers.push(...new Uint32Array(row.buffer));
    }
  }
  return numbers;
}

if ('document' in globalThis) Object.assign(globalThis, { page });
