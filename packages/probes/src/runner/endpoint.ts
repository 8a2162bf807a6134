/** One request to an OpenAI-compatible endpoint: a prompt in, an answer or the reason why there is none out. @module */

import { limitOf, type Suspect } from '../plan/plan.ts';
import { type Prompt, textsOf } from '../plan/prompts.ts';
import { type Answer, parseAnswer, parseStream } from './answer.ts';
import { readText } from './body.ts';
import { Refused, Unanswered } from './errors.ts';
import { holdsKey, masked } from './masked.ts';

export interface EndpointOptions {
  /** Name of the environment variable that holds the API key. Absent: none is sent. */
  readonly apiKeyVariable?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For a whole answer. Default 120,000. */
  readonly timeoutMs?: number;
}

/** Asks once, with other `parameters` than the suspect's where some are given. Throws Unanswered or Refused, or the signal's reason. */
export type Ask = (prompt: Prompt, signal: AbortSignal, parameters?: Suspect['parameters']) => Promise<Answer>;

/**
 * The endpoint of a plan's suspect. The key lives in the returned function only: it goes to the plan's origin and nowhere
 * else, and an answer that repeats it is none.
 */
export function openEndpoint(suspect: Suspect, options: EndpointOptions = {}): Ask {
  const { apiKeyVariable, env = process.env, timeoutMs = 120_000 } = options;
  const key = apiKeyVariable === undefined ? undefined : readKey(apiKeyVariable, env);
  const path = suspect.api === 'chat' ? 'chat/completions' : 'completions';
  const address = new URL(`${suspect.baseUrl?.replace(/\/+$/, '')}/${path}`);
  if (key !== undefined && address.protocol !== 'https:' && !/^(localhost|127\.|\[::1\])/.test(address.hostname)) {
    throw new RangeError(
      `the endpoint expected https for an API key to travel, got ${address.protocol}//${address.host}`,
    );
  }
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  let streams = false;

  return async (prompt, signal, parameters = suspect.parameters) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const both = AbortSignal.any([signal, timeout]);
    try {
      return await ask({ ...suspect, parameters }, prompt, both);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof Unanswered || error instanceof Refused) throw error;
      // Whatever fetch says may quote what was sent.
      throw new Unanswered(timeout.aborted ? 'time-out' : `network${codeOf(error)}`, { charged: true, isSilent: true });
    }
  };

  async function ask(asked: Suspect, prompt: Prompt, signal: AbortSignal): Promise<Answer> {
    const stream = streams;
    const response = await post(address, JSON.stringify(requestBody(asked, prompt, stream)), signal);
    if (response.ok) return answerOf(asked, response);
    const text = await readText(response, MAX_ERROR_BYTES).catch(() => '');
    if (isFiltered(response, text)) return { outcome: { reply: '', finish: 'content_filter' } };
    if (response.status === 400 && !stream && /\bstream/i.test(text)) {
      // An endpoint that can only stream says so, and there is nothing else about streams in what was asked.
      streams = true;
      throw new Unanswered('an endpoint that only streams', { charged: false });
    }
    const reason = `HTTP ${response.status}`;
    if (AGAIN.includes(response.status) || response.status >= 500) {
      throw new Unanswered(reason, { charged: false, retryAfterMs: retryAfter(response) });
    }
    const hint = response.status === 404 && !/\/v\d/.test(address.pathname) ? ' (is the base .../v1?)' : '';
    throw new Refused(`the endpoint refuses: ${`${reason} ${masked(text, key)}`.trim()}${hint}`);
  }

  /** Follows the endpoint within its origin, so that the key does not travel. */
  async function post(address: URL, body: string, signal: AbortSignal, hops = 0): Promise<Response> {
    const response = await fetch(address, { method: 'POST', headers, body, signal, redirect: 'manual' });
    const location = response.headers.get('location') ?? '';
    if (response.status < 300 || response.status > 399) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, address.href) ? new URL(location, address) : undefined;
    if (next === undefined || hops === MAX_HOPS) throw new Refused('the endpoint redirects to nowhere');
    if (next.origin === address.origin) return post(next, body, signal, hops + 1);
    throw new Refused(`the endpoint redirects to ${masked(next.origin, key)}: name that address, if it is meant`);
  }

  async function answerOf(asked: Suspect, response: Response): Promise<Answer> {
    const type = response.headers.get('content-type')?.split(';')[0].trim().toLowerCase() ?? '';
    const isStream = type === 'text/event-stream';
    if (!isStream && type !== '' && !/^application\/([\w.-]+\+)?json$/.test(type)) {
      throw new Unanswered('an answer that is no JSON', { charged: true });
    }
    const text = await readText(response, MAX_ANSWER_BYTES);
    const withLogprobs = asked.parameters?.logprobs !== undefined;
    const answer = isStream ? parseStream(text, withLogprobs) : parseAnswer(text, withLogprobs);
    if (holdsKey(answer, key)) throw new Unanswered('an answer that repeats the key', { charged: true });
    const most = mostBytes(asked);
    if (Buffer.byteLength(JSON.stringify(answer.outcome)) > most) {
      throw new Unanswered(`an answer above ${most} bytes`, { charged: true });
    }
    return answer;
  }
}

/** Of an answer as it is kept: far above what was asked for, and too little to fill a disk or a string. */
function mostBytes(suspect: Suspect): number {
  const { logprobs } = suspect.parameters ?? {};
  const ofToken = 64 + (logprobs === undefined ? 0 : 256 * (1 + logprobs));
  return 1024 + ofToken * (limitOf(suspect) ?? 1 << 14);
}

function requestBody({ api, model, parameters = {} }: Suspect, prompt: Prompt, stream: boolean): object {
  const { logprobs, ...others } = parameters;
  const common = { model, ...others, n: 1, stream };
  if (api === 'chat') {
    const asked = logprobs === undefined ? {} : { logprobs: true, top_logprobs: logprobs };
    return { ...common, messages: prompt.messages ?? [{ role: 'user', content: prompt.prompt }], ...asked };
  }
  return { ...common, prompt: textsOf(prompt)[0], ...(logprobs === undefined ? {} : { logprobs }) };
}

function readKey(variable: string, env: Readonly<Record<string, string | undefined>>): string {
  const key = env[variable]?.trim() ?? '';
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const got = key === '' ? 'nothing' : 'characters that no header can hold';
  throw new TypeError(`the environment variable ${masked(variable)} expected an API key, got ${got}`);
}

/** Some endpoints refuse a prompt by their filter as an error; it is an answer like a refusal in words. */
function isFiltered({ status }: Response, text: string): boolean {
  if (status !== 400) return false;
  try {
    return JSON.parse(text).error.code === 'content_filter';
  } catch {
    return false;
  }
}

/** In ms; the header holds seconds, or a date by the endpoint's own clock, whose time is in `Date` (RFC 9110, 10.2.3 and 6.6.1). */
function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  const ms = /^\d+(\.\d+)?$/.test(value) ? 1000 * Number(value) : instantOf(value) - instantOf(headers.get('date'));
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** NaN for what is no date of HTTP: those are in GMT, and what names no zone hangs on the machine's. */
const instantOf = (date: string | null): number => (date?.endsWith(' GMT') ? Date.parse(date) : Number.NaN);

/** ` ECONNREFUSED`, where the system names it. */
function codeOf(error: unknown): string {
  const code = (error as { cause?: { code?: unknown } }).cause?.code;
  return typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code) ? ` ${code}` : '';
}

const AGAIN = [408, 409, 425, 429];
const MAX_HOPS = 3;
const MAX_ERROR_BYTES = 1 << 16;
/** As it travels: a stream takes hundreds of bytes for a token. */
const MAX_ANSWER_BYTES = 1 << 24;
