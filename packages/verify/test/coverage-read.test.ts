/** One line of a log to a response, whatever engine wrote it. */
import { describe, expect, it } from 'vitest';
import { readServed } from '../src/coverage-audit/index.ts';

describe('a line is read as it is from', () => {
  it('vLLM: completions with token ids and log-probabilities', () => {
    const line = {
      id: 'cmpl-1',
      model: 'm',
      prompt_token_ids: [1, 2],
      request: { temperature: 0.7, top_p: 0.9, top_k: -1, watermarking: false },
      choices: [
        {
          text: 'a b',
          token_ids: [5, 6],
          logprobs: {
            token_logprobs: [-0.5, -1],
            top_logprobs: [
              { a: -0.5, c: -2 },
              { d: -0.25, b: -1 },
            ],
          },
        },
      ],
    };
    expect(readServed(line)).toEqual({
      id: 'cmpl-1',
      class: 'm',
      prompt: [1, 2],
      tokens: [5, 6],
      text: 'a b',
      logprobs: [-0.5, -1],
      top: [
        [-0.5, -2],
        [-0.25, -1],
      ],
      settings: { watermark: false, temperature: 0.7, topP: 0.9, topK: -1 },
    });
  });

  it("OpenAI's chat: text and log-probabilities in one list", () => {
    const content = [{ token: 'a', logprob: -0.5, top_logprobs: [{ token: 'a', logprob: -0.5 }] }];
    const line = { id: 'chat-1', choices: [{ message: { content: 'a' }, logprobs: { content } }] };
    expect(readServed(line)).toEqual({ id: 'chat-1', text: 'a', logprobs: [-0.5], top: [[-0.5]], settings: {} });
  });

  it('transformers: greedy and beams', () => {
    expect(readServed({ id: 1, tokens: [3], do_sample: false, num_beams: 4 })).toEqual({
      id: '1',
      tokens: [3],
      settings: { temperature: 0, beams: 4 },
    });
    expect(readServed({ id: 1, sampling_params: { use_beam_search: true } }).settings).toEqual({ beams: 2 });
  });

  it("OpenTelemetry: attributes with dots in their names, and a prompt's text is no list of ids", () => {
    const line = {
      'gen_ai.response.id': 'x',
      'gen_ai.request.model': 'm',
      'gen_ai.request.temperature': 0,
      prompt: 'Tell me',
    };
    expect(readServed(line)).toEqual({ id: 'x', class: 'm', settings: { temperature: 0 } });
  });

  it('a log of its own names, nested or not', () => {
    const line = { req: { no: 7, opts: { temp: 1 } }, out: [1], tier: 'free' };
    const fields = { id: 'req.no', tokens: 'out', class: ['plan', 'tier'], temperature: 'req.opts.temp' };
    expect(readServed(line, fields)).toEqual({ id: '7', tokens: [1], class: 'free', settings: { temperature: 1 } });
  });
});

it('what changes the distribution is seen: raw log-probabilities tell nothing behind it', () => {
  const read = (request: object) => readServed({ id: 'r', request }).settings?.reshaped;
  expect(read({ repetition_penalty: 1.1 })).toBe(true);
  expect(read({ frequency_penalty: 0.5 })).toBe(true);
  expect(read({ logit_bias: { 5: 1 } })).toBe(true);
  expect(read({ response_format: { type: 'json_object' } })).toBe(true);
  expect(
    read({ repetition_penalty: 1, presence_penalty: 0, logit_bias: {}, response_format: { type: 'text' } }),
  ).toBeUndefined();
});

it.each<[unknown, object, string]>([
  [[], {}, '"line" expected a JSON object, got a list'],
  [{}, {}, '"id" expected an id, got nothing'],
  [{}, { id: 'request.no' }, '"request.no" expected an id, got nothing'],
  [{ id: '', tokens: [1] }, {}, '"id" expected an id, got nothing'],
  [{ id: 2 ** 60 }, {}, '"id" expected text, or a number below 2^53, got a larger number'],
  [{ id: 'r', top: [['secret']] }, {}, '"top[0][0]" expected a log-probability, got text of length 6'],
  [{ id: 'r', tokens: 'very secret prose' }, {}, '"tokens" expected a list, got a string'],
  [{ id: 'r', tokens: ['secret'] }, {}, '"tokens[0]" expected a finite number, got a string'],
  [{ id: 'r', temperature: 'secret' }, {}, '"temperature" expected a finite number, got a string'],
  [{ id: 'r', watermark: 1 }, {}, '"watermark" expected true or false, got a number'],
  [{ id: 'r', logprobs: [0.5] }, {}, '"logprobs[0]" expected a log-probability, got a number above 0'],
  [{ id: 'r', prompt: 'secret' }, { prompt: 'prompt' }, '"prompt" expected a list, got a string'],
])('refuses %j: names the field, shows no content', (line, fields, message) => {
  expect(() => readServed(line, fields)).toThrow(message);
  expect(() => readServed(line, fields)).not.toThrow('secret');
});

it('a log of other names hears which are known, and where others can be named', () => {
  const line = { request: { prompt: 'very secret' }, response: { text: 'prose' } };
  expect(() => readServed(line)).toThrow(
    'a line has an id (id, request_id, gen_ai.response.id), and token ids (tokens, token_ids, output_ids, ' +
      'output_token_ids, choices.0.token_ids) or text (text, output, completion, choices.0.text, ' +
      'choices.0.message.content); readServed of @taggant/verify takes other names',
  );
  expect(() => readServed(line)).not.toThrow('secret');
});
