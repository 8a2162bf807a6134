/**
 * A plan: everything that decides a test's outcome, fixed before the suspect is asked.
 * @module
 */
import { type MarkDescriptor, parseDescriptor, parseTokenizerId, type TokenizerId } from '@taggant/core';
import { Fields, file, flag, hash, integer, list, number, oneOf, type Reader, text, word } from '@taggant/core/fields';

/** Field by field in RFC 8785 JSON under the hash; on disk JSON, or YAML that says the same. */
export interface Plan {
  readonly plan: 'taggant/1';
  readonly title?: string;
  readonly test: 'radioactivity' | 'canaries';
  readonly suspect: Suspect;
  /** Radioactivity: the marks that are tested, without kid or key, each with the commitment of its key (`keyCommitment`). */
  readonly marks?: readonly PlannedMark[];
  /** Radioactivity: whose ids the marks live on. */
  readonly tokenizer?: TokenizerId;
  /** JSON lines `{ id, prompt }` or `{ id, messages: [{ role, content }] }`. */
  readonly prompts: FileRef & {
    readonly count: number;
    /** They may carry marked text. What was shown is then never scored again, and the e-value decides. */
    readonly marked?: true;
  };
  /** Seed of `planOrder`, 0 to 2^53 - 1. */
  readonly order: { readonly seed: number };
  /**
   * Contexts that we served. `logs`: whether the logs were `marked` with a tested key, or are `independent` of all of them
   * (`ServedContexts` says what that changes). `weights`: whether contexts count by how often they were served.
   */
  readonly served?: FileRef & { readonly logs: 'marked' | 'independent'; readonly weights: boolean };
  readonly accounts?: {
    readonly commitment: string;
    readonly cohorts: number;
    readonly labels: number;
    /** The commitments of the labels' keys, where the first mark's own key is not the only one that accounts were served with. */
    readonly keys?: readonly string[];
  };
  readonly deck?: FileRef & { readonly commitment: string };
  /** Which number decides; the other is reported beside it. */
  readonly statistic: 'context' | 'pair';
  readonly alpha: number;
  /** `fixed`: every prompt is asked. `e-value`: asking may stop early, and the e-value decides. */
  readonly stopping: 'fixed' | 'e-value';
  /**
   * Requests count attempts, so that retries are paid for too; tokens are those of prompts and answers, and need a limit to each
   * answer (`max_tokens` or `max_completion_tokens`).
   */
  readonly budget: { readonly requests: number; readonly tokens?: number };
  readonly decoys: number;
  readonly software: { readonly name: 'taggant'; readonly version: string };
  /** 32 random bytes, hex: without them nobody can guess the plan behind a published hash. */
  readonly nonce: string;
}

export interface Suspect {
  readonly api: 'chat' | 'completions' | 'offline';
  /** Of an endpoint: what stands before `/chat/completions`, `https://example.com/v1` for instance. */
  readonly baseUrl?: string;
  readonly model?: string;
  /** What is asked for beside the prompt, and nothing else is. */
  readonly parameters?: Parameters;
}

export interface Parameters {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly max_tokens?: number;
  /** What newer endpoints call the same. */
  readonly max_completion_tokens?: number;
  readonly seed?: number;
  /** How many likeliest tokens to tell with each token, 0 to 20, where the endpoint can. */
  readonly logprobs?: number;
}

export interface PlannedMark {
  readonly descriptor: MarkDescriptor;
  readonly commitment: string;
}

export interface FileRef {
  /** A path below the plan's folder. */
  readonly file: string;
  readonly sha256: string;
}

/**
 * Checks a parsed JSON or YAML file. Unknown fields are errors, and nothing is filled in but the defaults of native
 * descriptors: what a plan does not say does not happen. An engine's descriptor is kept as it is: take its key out before (`engineKeyFields`).
 *
 * @example
 * const plan = parsePlan(JSON.parse(readFileSync('plan.json', 'utf8')));
 */
export function parsePlan(value: unknown): Plan {
  const fields = new Fields(value, 'plan', PLAN_FIELDS);
  const plan: Plan = {
    plan: fields.get('plan', oneOf('taggant/1')),
    ...fields.optional({ title: text }),
    test: fields.get('test', oneOf('radioactivity', 'canaries')),
    suspect: fields.get('suspect', suspect),
    ...fields.optional({ marks: list(plannedMark), tokenizer: (value) => parseTokenizerId(value) }),
    prompts: fields.get('prompts', (value, name) => {
      const prompts = new Fields(value, name, ['file', 'sha256', 'count', 'marked']);
      const count = prompts.get('count', integer(1, MAX_PROMPTS));
      return { ...fileRef(prompts), count, ...prompts.optional({ marked }) };
    }),
    order: fields.get('order', (value, name) => ({ seed: new Fields(value, name, ['seed']).get('seed', SEED) })),
    ...fields.optional({ served, accounts, deck }),
    statistic: fields.get('statistic', oneOf('context', 'pair')),
    alpha: fields.get(
      'alpha',
      number('above 0 and below 1', (alpha) => alpha > 0 && alpha < 1),
    ),
    stopping: fields.get('stopping', oneOf('fixed', 'e-value')),
    budget: fields.get('budget', (value, name) => {
      const budget = new Fields(value, name, ['requests', 'tokens']);
      return { requests: budget.get('requests', AT_LEAST_ONE), ...budget.optional({ tokens: AT_LEAST_ONE }) };
    }),
    decoys: fields.get('decoys', integer(0, MAX_DECOYS)),
    software: fields.get('software', (value, name) => {
      const software = new Fields(value, name, ['name', 'version']);
      return { name: software.get('name', oneOf('taggant')), version: software.get('version', word) };
    }),
    nonce: fields.get('nonce', hash),
  };
  if (plan.test === 'radioactivity' && plan.accounts !== undefined && plan.stopping !== 'fixed') {
    throw new RangeError(
      '"plan.stopping" expected fixed beside "accounts", whose p-values hold for a number of answers that was fixed',
    );
  }
  if (plan.accounts !== undefined && plan.prompts.marked) {
    throw new RangeError(
      '"plan.prompts.marked" expected nothing beside "accounts", whose p-values need prompts without the key',
    );
  }
  if (plan.prompts.marked && plan.served?.logs === 'marked') {
    throw new RangeError(
      '"plan.served.logs" expected independent beside "prompts.marked": what was shown then hangs on the scores of what was served',
    );
  }
  if (plan.test === 'canaries' && plan.served !== undefined) {
    throw new RangeError('"plan.served" expected nothing in a test of canaries, which scores no contexts');
  }
  if (plan.served?.logs === 'marked' && plan.stopping !== 'fixed') {
    throw new RangeError(
      '"plan.stopping" expected fixed beside logs that a tested key marked: their e-value holds at the end only',
    );
  }
  if (plan.accounts !== undefined && plan.served?.logs === 'marked') {
    throw new RangeError(
      '"plan.served.logs" expected independent beside "accounts": which contexts were served hangs on their numbers',
    );
  }
  const commitments = plan.marks?.map(({ commitment }) => commitment) ?? [];
  if (plan.statistic === 'pair' && new Set(commitments).size < commitments.length) {
    throw new RangeError(
      '"plan.statistic" expected context where marks share a key (docs/statistics.md, "Cohorts of one key")',
    );
  }
  if (plan.budget.tokens !== undefined && limitOf(plan.suspect) === undefined) {
    throw new RangeError(
      '"plan.budget.tokens" expected "max_tokens" in "plan.suspect.parameters" beside it: an answer without a limit can pass any budget',
    );
  }
  const needed = plan.test === 'canaries' ? (['deck'] as const) : (['marks', 'tokenizer'] as const);
  const missing = needed.find((field) => plan[field] === undefined);
  if (missing !== undefined)
    throw new TypeError(`"plan.${missing}" expected a value in a test of ${plan.test}, got none`);
  return plan;
}

/** Said, or left out: one plan has one form. */
function marked(value: unknown, name: string): true {
  if (flag(value, name)) return true;
  throw new RangeError(`"${name}" expected true, or nothing`);
}

/** Tokens that an answer may have. */
export const limitOf = ({ parameters }: Suspect): number | undefined =>
  parameters?.max_tokens ?? parameters?.max_completion_tokens;

function suspect(value: unknown, name: string): Suspect {
  const fields = new Fields(value, name, ['api', 'baseUrl', 'model', 'parameters']);
  const api = fields.get('api', oneOf('chat', 'completions', 'offline'));
  if (api !== 'offline') {
    const endpoint = { baseUrl: fields.get('baseUrl', url), model: fields.get('model', word) };
    return { api, ...endpoint, ...fields.optional({ parameters }) };
  }
  const extra = ['baseUrl', 'parameters'].find((field) => fields.has(field));
  if (extra !== undefined) throw new TypeError(`"${name}.${extra}" expected nothing where answers come from a file`);
  return { api, ...fields.optional({ model: word }) };
}

function parameters(value: unknown, name: string): Parameters {
  const readers = {
    temperature: number('from 0 to 2', (temperature) => temperature >= 0 && temperature <= 2),
    top_p: number('above 0 and at most 1', (share) => share > 0 && share <= 1),
    max_tokens: integer(1, 2 ** 20),
    max_completion_tokens: integer(1, 2 ** 20),
    seed: SEED,
    logprobs: integer(0, 20),
  };
  return new Fields(value, name, Object.keys(readers)).optional(readers);
}

function plannedMark(value: unknown, name: string): PlannedMark {
  const fields = new Fields(value, name, ['descriptor', 'commitment']);
  return { descriptor: fields.get('descriptor', publicDescriptor), commitment: fields.get('commitment', hash) };
}

/** A kid names the key, and a plan must not before it is opened, nor after. */
function publicDescriptor(value: unknown, name: string): MarkDescriptor {
  const { mark, ...others } = (value ?? {}) as Record<string, unknown>;
  const secret = ['kid', 'secret', 'label'].find((field) => field in others);
  if (secret !== undefined) throw new TypeError(`"${name}.${secret}" expected nothing: a plan tells nothing of a key`);
  if ((value as { cohort?: unknown }).cohort) {
    throw new RangeError(
      `"${name}.cohort" expected none: an account's number is secret; test accounts by their assignment`,
    );
  }
  if (mark === 'taggant/1') return parseDescriptor(value);
  if (typeof mark === 'string') return JSON.parse(JSON.stringify(value));
  throw new TypeError(`"${name}" expected a mark's descriptor, got none`);
}

function served(value: unknown, name: string): Plan['served'] {
  const fields = new Fields(value, name, ['file', 'sha256', 'logs', 'weights']);
  const logs = fields.get('logs', oneOf('marked', 'independent'));
  const weights = fields.get('weights', flag);
  if (logs === 'marked' && weights) {
    throw new RangeError(`"${name}.weights" expected false: weights from logs that a tested key marked are not exact`);
  }
  return { ...fileRef(fields), logs, weights };
}

function deck(value: unknown, name: string): Plan['deck'] {
  const fields = new Fields(value, name, ['file', 'sha256', 'commitment']);
  return { ...fileRef(fields), commitment: fields.get('commitment', hash) };
}

function accounts(value: unknown, name: string): Plan['accounts'] {
  const fields = new Fields(value, name, ['commitment', 'cohorts', 'labels', 'keys']);
  const count = integer(0, 2 ** 24);
  return {
    commitment: fields.get('commitment', hash),
    cohorts: fields.get('cohorts', count),
    labels: fields.get('labels', count),
    ...fields.optional({ keys: list(hash) }),
  };
}

const fileRef = (fields: Fields): FileRef => ({ file: fields.get('file', file), sha256: fields.get('sha256', hash) });

/** Without credentials or a query: a plan is published in the end. */
const url: Reader<string> = (value, name) => {
  const address = word(value, name);
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  const { protocol = '', username, password, search, hash } = parsed ?? {};
  if (/^https?:$/.test(protocol) && !username && !password && !search && !hash) return address;
  throw new RangeError(`"${name}" expected an http(s) address without user, password, query and fragment`);
};

const SEED = integer(0, Number.MAX_SAFE_INTEGER);
const AT_LEAST_ONE = integer(1, Number.MAX_SAFE_INTEGER);
const MAX_PROMPTS = 2 ** 24;
const MAX_DECOYS = 10 ** 7;
const PLAN_FIELDS: readonly (keyof Plan)[] = [
  'plan',
  'title',
  'test',
  'suspect',
  'marks',
  'tokenizer',
  'prompts',
  'order',
  'served',
  'accounts',
  'deck',
  'statistic',
  'alpha',
  'stopping',
  'budget',
  'decoys',
  'software',
  'nonce',
];
