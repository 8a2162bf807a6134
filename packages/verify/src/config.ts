/** What `taggant.config.ts` or `taggant.config.json` says. Unknown fields are errors: a misspelt threshold must not pass. @module */
import { show } from '@taggant/core';
import { Fields, flag, integer, kindOf, list, oneOf, type Reader, text, word } from '@taggant/core/fields';
import type { LogprobsMode } from './coverage-audit/index.ts';
import { type Expectations, readExpectations } from './expectations.ts';
import { type Levels, readLevels } from './looks.ts';
import { atLeastZero, object, openShare, orFalse, share, tokens } from './readers.ts';

/** Which deployment is verified. Paths are from the config's folder. */
export type ModelConfig =
  /** A folder in the layout of transformers.js, or `tiny-lm`; marked by our own sampler. */
  | { readonly folder: string; readonly sampling?: SamplingConfig }
  /** A module that exports `write(requests)`, or `generate(request)`, and perhaps `writesUnmarked`, `heedsSeeds`, `name`. */
  | { readonly module: string }
  /** An OpenAI-compatible endpoint. `marked` and `unmarked`: fields of the request's body for either; without `unmarked` there is none. */
  | {
      readonly endpoint: string;
      readonly model: string;
      readonly api?: 'chat' | 'completions';
      readonly apiKeyEnv?: string;
      readonly temperature?: number;
      readonly topP?: number;
      readonly concurrency?: number;
      readonly marked?: Readonly<Record<string, unknown>>;
      readonly unmarked?: Readonly<Record<string, unknown>>;
    }
  /** JSONL of what was written: `{"text"}` or `{"tokens"}`, perhaps with `"prompt"` ids; unmarked texts in a file of their own. */
  | { readonly outputs: string; readonly unmarked?: string };

export interface SamplingConfig {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly dedup?: 'none' | 'single-turn' | 'all';
  readonly ignoreEnd?: boolean;
}

/** What attacks work with. Paths are from the config's folder. */
export interface AttacksConfig {
  /** A text file: its words, by how often they come, are what words are replaced by. */
  readonly words?: string;
  /** Passages by people, JSONL of `{"text"}` or a text file with blank lines between, to paste into. */
  readonly human?: string;
  /** Another tokenizer than the mark's: `tiny-lm`, `tiktoken:NAME`, `hf:PATH`. */
  readonly tokenizer?: string;
  /** A paraphraser behind an OpenAI-compatible endpoint. */
  readonly paraphraser?: {
    readonly endpoint: string;
    readonly model: string;
    readonly apiKeyEnv?: string;
    /** What it is asked; the text follows. */
    readonly prompt?: string;
    /** Default: the server's. */
    readonly temperature?: number;
    /** Of a paraphrase at most; one that is cut off is an error. Default 2048. */
    readonly maxTokens?: number;
  };
}

/** Served responses, and how many of those that should be marked must be. */
export interface CoverageConfig {
  /** JSONL; see docs/verify.md. */
  readonly responses: string;
  readonly least: number;
  /** JSONL of responses that are known to be marked: how strong marked ones are. */
  readonly known?: string;
  /** What log-probabilities in the log are of; see `ClassifyOptions`. */
  readonly logprobs?: LogprobsMode;
}

/** A simple attack that learns the mark from answers, and how many of its forgeries may pass. */
export interface SpoofingConfig {
  /** Answers that the attacker reads. */
  readonly queries: number;
  /** Share of its forgeries that may be found. */
  readonly most: number;
  /** Its model: `tiny-lm` or a folder, of the mark's tokenizer. Default: the deployment's own, where it is a folder. */
  readonly attacker?: string;
  /** Default 64, none of which passing shows 10 %. */
  readonly forgeries?: number;
  /** Length of an answer and of a forgery. Default 200. */
  readonly tokens?: number;
  /** A forgery with p <= alpha is found. Default 1e-6. */
  readonly alpha?: number;
}

/** A gate as a file. */
export interface GateConfig {
  /** A mark file, or what would stand in it. */
  readonly mark: string | Readonly<Record<string, unknown>>;
  /** Default: `taggant-keys.json` beside the config. */
  readonly keyring?: string;
  /** `tiny-lm`, `tiktoken:NAME`, `hf:PATH`. Default: the mark's, where it comes along. */
  readonly tokenizer?: string;
  readonly model: ModelConfig;
  /** JSONL of `{"prompt"}` or a list. Default for tiny-lm: openings of its own. */
  readonly prompts?: string | readonly string[];
  /** Whose perplexity is measured: `tiny-lm`, a folder, or false. Default: the model's own, where it is a folder. */
  readonly reference?: string | false;
  readonly maxTokens?: number;
  readonly texts?: { readonly first?: number; readonly most?: number };
  readonly seed?: number;
  readonly levels?: Levels;
  readonly expect?: Expectations;
  readonly attacks?: AttacksConfig;
  readonly coverage?: CoverageConfig;
  readonly spoofing?: SpoofingConfig;
}

/**
 * For the types of an editor: gives back what it gets.
 *
 * @example
 * export default defineConfig({ mark: 'mark.json', model: { folder: 'tiny-lm' } });
 */
export const defineConfig = (config: GateConfig): GateConfig => config;

/** Checks a config. Throws TypeError and RangeError that name the field. What stands in `mark` is for its own reader to check. */
export function parseConfig(value: unknown): GateConfig {
  const fields = new Fields(value, 'config', [
    'mark',
    'keyring',
    'tokenizer',
    'model',
    'prompts',
    'reference',
    'maxTokens',
    'texts',
    'seed',
    'levels',
    'expect',
    'attacks',
    'coverage',
    'spoofing',
  ]);
  return {
    mark: fields.get('mark', either(anObject, 'a mark file or a mark')),
    model: fields.get('model', model),
    ...fields.optional({
      keyring: word,
      tokenizer: word,
      prompts: either(list(text), 'a file or a list of prompts'),
      reference: orFalse(word),
      maxTokens: integer(1, 2 ** 20),
      texts: object({ first: integer(1, 2 ** 20), most: integer(1, 2 ** 20) }),
      seed: integer(0, 2 ** 32 - 1),
      levels: readLevels,
      expect: readExpectations,
      attacks: object({
        words: word,
        human: word,
        tokenizer: word,
        paraphraser: object(
          {
            endpoint: httpUrl,
            model: word,
            apiKeyEnv: word,
            prompt: word,
            temperature: atLeastZero,
            maxTokens: integer(1, 2 ** 20),
          },
          ['endpoint', 'model'],
        ),
      }),
      coverage: object({ responses: word, least: share, known: word, logprobs: oneOf('raw', 'final') }, [
        'responses',
        'least',
      ]),
      spoofing: object(
        {
          queries: integer(1, 2 ** 20),
          most: share,
          attacker: word,
          forgeries: integer(1, 2 ** 16),
          tokens,
          alpha: openShare,
        },
        ['queries', 'most'],
      ),
    }),
  } as GateConfig;
}

const KINDS = ['folder', 'module', 'endpoint', 'outputs'] as const;

const model: Reader<ModelConfig> = (value, name) => {
  const given = anObject(value, name);
  const kinds = KINDS.filter((kind) => kind in given);
  if (kinds.length !== 1) {
    throw new TypeError(`"${name}" expected one of ${KINDS.join(', ')}, got ${kinds.join(' and ') || 'none'}`);
  }
  return MODELS[kinds[0]](value, name) as unknown as ModelConfig;
};

/** What stands before `/completions`. What may hold a secret is not shown. */
const httpUrl: Reader<string> = (value, name, told = show) => {
  const address = word(value, name, told);
  const { protocol = '', username, password } = URL.canParse(address) ? new URL(address) : {};
  if (!/^https?:$/.test(protocol)) {
    const got = /[@?#]/.test(address) ? kindOf(address) : told(address);
    throw new RangeError(`"${name}" expected an http or https URL, got ${got}`);
  }
  if (!username && !password && !/[?#]/.test(address)) return address;
  throw new RangeError(`"${name}" expected an http or https URL without user, password, query and fragment`);
};

/** A path, or the thing itself. */
const either =
  <T>(read: Reader<T>, words: string): Reader<string | T> =>
  (value, name) => {
    if (typeof value === 'string') return word(value, name);
    if (typeof value === 'object' && value !== null) return read(value, name);
    throw new TypeError(`"${name}" expected ${words}`);
  };

const anObject: Reader<Readonly<Record<string, unknown>>> = (value, name) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`"${name}" expected an object`);
};
const MODELS: Readonly<Record<(typeof KINDS)[number], Reader<object>>> = {
  folder: object({
    folder: word,
    sampling: object({
      temperature: atLeastZero,
      topK: integer(0, 2 ** 24),
      topP: share,
      dedup: oneOf('none', 'single-turn', 'all'),
      ignoreEnd: flag,
    }),
  }),
  module: object({ module: word }),
  endpoint: object(
    {
      endpoint: httpUrl,
      model: word,
      api: oneOf('chat', 'completions'),
      apiKeyEnv: word,
      temperature: atLeastZero,
      topP: share,
      concurrency: integer(1, 256),
      marked: anObject,
      unmarked: anObject,
    },
    ['endpoint', 'model'],
  ),
  outputs: object({ outputs: word, unmarked: word }),
};
