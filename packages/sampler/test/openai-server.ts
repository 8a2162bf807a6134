/** A local service that speaks OpenAI's completions over the small model and honours `logit_bias`. @module */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AutoModelForCausalLM,
  LogitsProcessor,
  LogitsProcessorList,
  random,
  type Tensor,
  Tensor as TensorOf,
} from '@huggingface/transformers';
import { tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';

export interface CompletionRequest {
  readonly prompt: string;
  readonly max_tokens: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly logit_bias?: Record<string, number>;
}

/** Serves `POST /v1/completions` until closed. As OpenAI's did, it refuses more than `maxEntries` biases. */
export async function serveCompletions(maxEntries: number) {
  const model = await AutoModelForCausalLM.from_pretrained(tinyLmFolder, { dtype: 'fp32', local_files_only: true });
  const tokenizer = tinyLmTokenizer();

  async function complete({ prompt, max_tokens, temperature = 1, seed = 1, logit_bias = {} }: CompletionRequest) {
    const ids = BigInt64Array.from(tokenizer.encode(prompt), BigInt);
    const logits_processor = new LogitsProcessorList();
    logits_processor.push(new Bias(logit_bias, temperature));
    random.seed(seed);
    const output = (await model.generate({
      input_ids: new TensorOf('int64', ids, [1, ids.length]),
      attention_mask: new TensorOf('int64', new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
      max_new_tokens: max_tokens,
      suppress_tokens: [0],
      do_sample: true,
      top_k: 0,
      temperature,
      logits_processor,
    } as never)) as Tensor;
    return tokenizer.decode(Uint32Array.from((output.tolist()[0] as bigint[]).slice(ids.length), Number));
  }

  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body: CompletionRequest = JSON.parse(Buffer.concat(parts).toString());
    const tooMany = Object.keys(body.logit_bias ?? {}).length > maxEntries;
    response.writeHead(tooMany ? 400 : 200, { 'content-type': 'application/json' });
    const answer = tooMany ? { error: { param: 'logit_bias' } } : { choices: [{ text: await complete(body) }] };
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/completions`,
    async close() {
      server.close();
      await model.dispose();
    },
  };
}

/** The rows arrive divided by the temperature; the service's bias belongs before it. */
class Bias extends LogitsProcessor {
  constructor(
    readonly bias: Record<string, number>,
    readonly temperature: number,
  ) {
    super();
  }

  override _call(_: bigint[][], logits: Tensor): Tensor {
    for (const [token, bias] of Object.entries(this.bias)) logits.data[Number(token)] += bias / this.temperature;
    return logits;
  }
}
