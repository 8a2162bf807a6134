/** A served model as a deployment, and as a paraphraser. @module */
import type { Suspect } from '@taggant/probes';
import { backOff, openEndpoint, systemClock, Unanswered } from '@taggant/probes/runner';
import type { AttacksConfig, Deployment, ModelConfig, TextReply, TextRequest } from '@taggant/verify';
import { CommandError } from '../errors.ts';

type EndpointConfig = Extract<ModelConfig, { endpoint: string }>;

/** Several requests at a time; what fails is asked again, with back-off. */
export function endpointDeployment(config: EndpointConfig): Deployment {
  const { endpoint, model, api = 'completions', temperature, topP, concurrency = 8, marked = {}, unmarked } = config;
  return {
    name: `${model} at ${new URL(endpoint).host}`,
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
        return { text: await ask({ api, baseUrl: endpoint, model, parameters }, prompt, config.apiKeyEnv) };
      }),
  };
}

/** A text in other words, by a chat endpoint. */
export function paraphraserOf({
  endpoint,
  model,
  apiKeyEnv,
  prompt = PARAPHRASE,
}: NonNullable<AttacksConfig['paraphraser']>) {
  return (text: string): Promise<string> =>
    ask({ api: 'chat', baseUrl: endpoint, model, parameters: {} }, `${prompt}\n\n${text}`, apiKeyEnv);
}

async function ask(suspect: Suspect, prompt: string, apiKeyVariable: string | undefined): Promise<string> {
  const endpoint = openEndpoint(suspect, { apiKeyVariable });
  const { signal } = new AbortController();
  for (let attempt = 1; ; attempt++) {
    try {
      const { outcome } = await endpoint({ id: 'gate', prompt }, signal);
      if ('reply' in outcome) return outcome.reply;
      throw new CommandError(`the endpoint gives no text: ${outcome.failed}`);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      if (attempt > RETRIES) throw new CommandError(`the endpoint answers nothing: ${error.message}`);
      const wait = Math.max(error.retryAfterMs ?? 0, backOff(attempt, 500, 60_000, Math.random));
      await systemClock.wait(Math.min(wait, 60_000), signal);
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

const RETRIES = 8;
const PARAPHRASE =
  'Rewrite the following text in your own words. Keep its meaning and its length. Answer with the text alone.';
