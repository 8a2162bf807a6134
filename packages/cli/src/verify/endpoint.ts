/** A served model as a deployment, and as a paraphraser. @module */
import { setMaxListeners } from 'node:events';
import { backOff, type Clock, openEndpoint, type Reply, systemClock, Unanswered } from '@taggant/probes/runner';
import type { AttacksConfig, Deployment, ModelConfig, TextReply, TextRequest } from '@taggant/verify';
import { complain, explain } from '../errors.ts';

type EndpointConfig = Extract<ModelConfig, { endpoint: string }>;
type ParaphraserConfig = NonNullable<AttacksConfig['paraphraser']>;

/** Several requests at a time; what fails is asked again, with back-off. */
export function endpointDeployment(config: EndpointConfig, clock = systemClock): Deployment {
  const { api = 'completions', temperature, topP, concurrency = 8, marked = {}, unmarked } = config;
  // What was filtered or is empty was served so.
  const served = openServed(config, { api, clock, read: ({ reply }) => reply });
  return {
    name: served.name,
    writesUnmarked: unmarked !== undefined,
    write: (requests) =>
      inTurn(requests, concurrency, async ({ prompt, seed, maxTokens, marked: isMarked }) => {
        const parameters = {
          max_tokens: maxTokens,
          seed,
          ...(temperature === undefined ? {} : { temperature }),
          ...(topP === undefined ? {} : { top_p: topP }),
          ...(isMarked ? marked : unmarked),
        };
        return { text: await served.ask(prompt, parameters) };
      }),
  };
}

/** A text in other words, by a chat endpoint. What is filtered, cut off or empty is an error: the mark was not paraphrased away. */
export function paraphraserOf(config: ParaphraserConfig, clock = systemClock) {
  const { prompt = PARAPHRASE, temperature, maxTokens = 2048 } = config;
  const served = openServed(config, { api: 'chat', clock, read: (reply) => paraphraseIn(reply, maxTokens) });
  const parameters = { max_tokens: maxTokens, ...(temperature === undefined ? {} : { temperature }) };
  return (text: string): Promise<string> => served.ask(`${prompt}\n\n${text}`, parameters);
}

function paraphraseIn({ reply, finish }: Reply, maxTokens: number): string {
  if (finish === 'content_filter') throw new Error('gives no paraphrase: content_filter');
  if (finish === 'length') {
    throw new Error(`cuts off a paraphrase: raise "config.attacks.paraphraser.maxTokens", now ${maxTokens}`);
  }
  if (reply.trim() === '') throw new Error('gives no paraphrase: an empty answer');
  return reply;
}

interface Served {
  readonly endpoint: string;
  readonly model: string;
  readonly apiKeyEnv?: string;
}

interface Serving {
  readonly api: 'chat' | 'completions';
  readonly clock: Clock;
  /** The text of a reply. What it throws is said of the model: `cuts off a paraphrase`. */
  readonly read: (reply: Reply) => string;
}

/** The first error is that of all texts: what is under way is aborted, and nothing more is asked. */
function openServed({ endpoint, model, apiKeyEnv }: Served, { api, clock, read }: Serving) {
  const name = `${model} at ${new URL(endpoint).host}`;
  const askOnce = openEndpoint({ api, baseUrl: endpoint, model }, { apiKeyVariable: apiKeyEnv });
  const ending = new AbortController();
  const { signal } = ending;
  // Every wait listens; Node would warn of more than ten.
  setMaxListeners(0, signal);
  let [isHeard, isTold] = [false, false];

  return {
    name,
    async ask(prompt: string, parameters: object): Promise<string> {
      try {
        return read(await answered(prompt, parameters));
      } catch (error) {
        // Refusals begin so: the name says which.
        const what = explain(error).replace(/^the endpoint /, '');
        if (!signal.aborted) ending.abort(new Error(`${name} ${what}`));
        throw signal.reason;
      }
    },
  };

  async function answered(prompt: string, parameters: object): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        const { outcome } = await askOnce({ id: 'gate', prompt }, signal, parameters);
        if ('failed' in outcome) throw new Error(`gives no text: ${outcome.failed}`);
        isHeard = true;
        return outcome;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        const { isSilent, message, retryAfterMs = 0 } = error;
        isHeard ||= !isSilent;
        if (attempt >= (isHeard ? ATTEMPTS : ATTEMPTS_UNHEARD)) {
          throw new Error(`${isSilent ? 'cannot be reached' : 'fails'}: ${message}, after ${attempt} attempts`);
        }
        if (!isTold) {
          isTold = true;
          await complain(`${name} ${isSilent ? 'does not answer' : 'gives no text'} (${message}); trying again`);
        }
        const wait = Math.max(retryAfterMs, backOff(attempt, 500, MAX_WAIT_MS, Math.random));
        await clock.wait(Math.min(wait, MAX_WAIT_MS), signal);
      }
    }
  }
}

async function inTurn(
  requests: readonly TextRequest[],
  concurrency: number,
  write: (request: TextRequest) => Promise<TextReply>,
): Promise<TextReply[]> {
  const replies = new Array<TextReply>(requests.length);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < requests.length; i = next++) replies[i] = await write(requests[i]);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, work));
  return replies;
}

const ATTEMPTS = 9;
/** A wrong address is known after a few. */
const ATTEMPTS_UNHEARD = 3;
const MAX_WAIT_MS = 60_000;
const PARAPHRASE =
  'Rewrite the following text in your own words. Keep its meaning and its length. Answer with the text alone.';
