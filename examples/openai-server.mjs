// How do I ask a model behind an OpenAI-compatible endpoint, by a plan that is fixed beforehand?
// The endpoint is here too: tiny-lm behind HTTP, chat and completions, marked if you like. It is a suspect to try things on.
//   node examples/openai-server.mjs                              serves itself, asks itself two questions, and ends
//   node examples/openai-server.mjs 8080                         serves until you stop it, without a mark
//   node examples/openai-server.mjs 8080 mark.json [KEYRING]     marked: the key is the keyring's (taggant-keys.json beside
//                                                                the mark), or of the "secret" that the mark file holds;
//                                                                a request with "watermark": false opts out
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deriveKey, openMark, parseDescriptor, Secret } from '@taggant/core';
import { readKeyringFile } from '@taggant/core/keyring-file';
import { commitmentFile, keyCommitment, parsePlan } from '@taggant/probes';
import { runPlan } from '@taggant/probes/runner';
import { openLocalModel } from '@taggant/sampler/local-model';
import { markedGeneration, plainGeneration } from '@taggant/sampler/transformers';
import { TINY_LM_END, tinyLmFolder, tinyLmTokenizer } from '@taggant/tiny-lm';

/** Serves tiny-lm on the port, 0 for any; `mark`: what it writes carries it; `apiKey`: who has another one is turned away. */
export async function startServer({ port = 0, mark, apiKey } = {}) {
  const answer = await openAnswering(mark);
  const server = createServer(async (request, response) => {
    const send = (status, body, type = 'application/json') => {
      response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const refuse = (status, message) => send(status, { error: { message, type: 'invalid_request_error' } });
    try {
      const isChat = request.url === '/v1/chat/completions';
      if (request.method !== 'POST' || !(isChat || request.url === '/v1/completions')) return refuse(404, 'not found');
      const key = request.headers.authorization;
      if (apiKey !== undefined && key !== `Bearer ${apiKey}`) return refuse(401, `this is not the key: ${key}`);
      const asked = JSON.parse(await textOf(request));
      const shown = isChat ? asked.messages?.map(({ content }) => content).join('\n\n') : asked.prompt;
      if (typeof shown !== 'string') return refuse(400, `expected ${isChat ? 'messages' : 'a prompt'}`);
      const { text, finish_reason, usage } = await answer(shown, asked);
      const head = { id: 'tiny', object: isChat ? 'chat.completion' : 'text_completion', model: 'tiny-lm' };
      if (asked.stream) return send(200, events(head, text, finish_reason, isChat), 'text/event-stream');
      const said = isChat ? { message: { role: 'assistant', content: text } } : { text };
      return send(200, { ...head, choices: [{ index: 0, ...said, finish_reason }], usage });
    } catch (error) {
      return refuse(400, error.message);
    }
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return { server, baseUrl: `http://127.0.0.1:${server.address().port}/v1` };
}

/** One text at a time: the engine has one generator of random numbers, and a seed must give the same text again. */
async function openAnswering(mark) {
  const [model, tokenizer] = [await openLocalModel(tinyLmFolder), tinyLmTokenizer()];
  let last = Promise.resolve();
  return (shown, asked) => {
    const text = last.then(() => write(shown, asked));
    last = text.catch(() => {});
    return text;
  };

  async function write(shown, { watermark = true, temperature = 1, top_p: topP = 1, max_tokens = 64, seed = 0 }) {
    const [sampling, maxNewTokens] = [{ temperature, topP }, max_tokens];
    const settings = mark && watermark ? markedGeneration(mark, sampling) : plainGeneration(sampling);
    const prompt = [TINY_LM_END, ...tokenizer.encode(shown)].slice(-(model.maxLength - maxNewTokens));
    const [ids] = await model.generate([prompt], { maxNewTokens, seed, settings });
    const [prompt_tokens, completion_tokens] = [prompt.length, ids.length];
    return {
      text: tokenizer.decode(ids),
      finish_reason: ids.length < maxNewTokens ? 'stop' : 'length',
      usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
    };
  }
}

/** The same answer as server-sent events, a word each. */
function events(head, text, finish_reason, isChat) {
  const words = text.split(/(?<= )/);
  const pieces = words.map((word) => (isChat ? { delta: { content: word } } : { text: word }));
  const choices = [...pieces, { ...(isChat ? { delta: {} } : { text: '' }), finish_reason }];
  const chunks = choices.map((choice) => JSON.stringify({ ...head, choices: [{ index: 0, ...choice }] }));
  return [...chunks, '[DONE]'].map((data) => `data: ${data}\n\n`).join('');
}

async function textOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A plan of two questions, committed to, then run. */
async function askItself() {
  const tokenizer = tinyLmTokenizer();
  const key = deriveKey(Secret.generate(), 'greenlist');
  const descriptor = { mark: 'taggant/1', scheme: 'greenlist', gamma: '1/4', delta: 2 };
  const { server, baseUrl } = await startServer({ mark: openMark(descriptor, key) });
  const prompts = Buffer.from(
    '{"id":"walk","prompt":"She walked along the river until"}\n{"id":"letter","prompt":"The letter said that"}\n',
  );
  const plan = parsePlan({
    plan: 'taggant/1',
    test: 'radioactivity',
    suspect: { api: 'completions', baseUrl, model: 'tiny-lm', parameters: { max_tokens: 40, seed: 7 } },
    marks: [{ descriptor, commitment: keyCommitment(key) }],
    tokenizer: tokenizer.id,
    prompts: { file: 'prompts.jsonl', sha256: createHash('sha256').update(prompts).digest('hex'), count: 2 },
    order: { seed: 1 },
    statistic: 'context',
    alpha: 1e-6,
    stopping: 'fixed',
    budget: { requests: 10 },
    decoys: 1000,
    software: { name: 'taggant', version: '0.0.0' },
    nonce: randomBytes(32).toString('hex'),
  });
  console.log(`To be published before the test:\n${commitmentFile(plan)}`);
  const folder = mkdtempSync(join(tmpdir(), 'taggant-'));
  try {
    const atHand = { keys: [keyCommitment(key)], tokenizer: tokenizer.id, software: plan.software };
    const { lines, requests, tokens } = await runPlan(plan, { prompts, atHand, folder });
    for (const { prompt, reply } of lines) console.log(`${prompt} ...${reply}\n`);
    console.log(`${requests} requests, ${tokens} tokens`);
  } finally {
    rmSync(folder, { recursive: true });
    server.close();
  }
}

async function serve(port, markFile, keyringFile) {
  try {
    const mark = markFile === undefined ? undefined : openMarkFile(markFile, keyringFile);
    const { baseUrl } = await startServer({ port: Number(port), mark, apiKey: process.env.SERVER_API_KEY });
    console.log(`tiny-lm ${mark ? `marked (${mark.title})` : 'unmarked'} at ${baseUrl}`);
  } catch (error) {
    console.error(`openai-server: ${error.message}`);
    process.exitCode = 2;
  }
}

/** The mark with its key. A mark that cannot be opened is an error: text without it would pass for marked. */
function openMarkFile(path, keyring = join(dirname(path), 'taggant-keys.json')) {
  const { secret, label, ...fields } = parseMark(readFileSync(path, 'utf8'), path);
  const descriptor = parseDescriptor(fields);
  const { scheme, kid } = descriptor;
  const key = secret ? deriveKey(Secret.fromHex(secret), scheme, label) : keyFrom(keyring, scheme, kid);
  return openMark(descriptor, key);
}

function keyFrom(path, scheme, kid) {
  try {
    return readKeyringFile(path).forMarking(scheme, kid, new Date());
  } catch (error) {
    throw new Error(`the mark's key: ${path}: ${error.message}`);
  }
}

/** Without the parser's own message, which quotes what may be a secret. */
function parseMark(text, path) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} expected a mark as JSON, got other text`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [port, ...files] = process.argv.slice(2);
  await (port === undefined ? askItself() : serve(port, ...files));
}
