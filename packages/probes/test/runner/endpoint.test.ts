import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Suspect } from '../../src/plan/plan.ts';
import { openEndpoint } from '../../src/runner/endpoint.ts';
import { Refused, Unanswered } from '../../src/runner/errors.ts';
import { masked } from '../../src/runner/masked.ts';
import { chat, json, rawServer } from './raw-server.ts';

const KEY = 'sk-test-Zx81QpLm44TrustNoOne';
const PROMPT = { id: 'a', prompt: 'Once' };
const NOON = 'Wed, 01 Jan 2031 12:00:00 GMT';
const signal = new AbortController().signal;

/** Asks an endpoint that says this, once. */
async function ask(
  answer: (response: ServerResponse, n: number) => void,
  suspect: Partial<Suspect> = {},
  timeoutMs = 5000,
) {
  const { asked, origin } = await rawServer(answer);
  const full: Suspect = { api: 'chat', baseUrl: `${origin}/v1/`, model: 'm', ...suspect };
  const endpoint = openEndpoint(full, { apiKeyVariable: 'KEY', env: { KEY }, timeoutMs });
  return { asked, endpoint, once: () => endpoint(PROMPT, signal) };
}

const bytes =
  (text: string, type: string, encoding: BufferEncoding = 'utf8', before: number[] = []) =>
  (response: ServerResponse) => {
    response
      .writeHead(200, { 'content-type': type })
      .end(Buffer.concat([Buffer.from(before), Buffer.from(text, encoding)]));
  };
const body = (text: string) => JSON.stringify(chat(text));
const event = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const delta = (content: string, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason }],
});

describe('what is asked', () => {
  it('is what the plan says, and nothing else', async () => {
    const parameters = { temperature: 0.5, top_p: 0.9, max_tokens: 20, seed: 3, logprobs: 2 };
    const talk = await ask((response) => json(response, chat('Hi')), { parameters });
    await talk.once();
    expect(talk.asked[0].url).toBe('/v1/chat/completions');
    expect(talk.asked[0].headers.authorization).toBe(`Bearer ${KEY}`);
    const { logprobs, ...same } = parameters;
    const expected = { model: 'm', ...same, logprobs: true, top_logprobs: logprobs, n: 1, stream: false };
    expect(JSON.parse(talk.asked[0].body)).toEqual({ ...expected, messages: [{ role: 'user', content: 'Once' }] });

    const text = await ask((response) => json(response, { choices: [{ text: 'Hi' }] }), {
      api: 'completions',
      parameters,
    });
    await text.once();
    expect(text.asked[0].url).toBe('/v1/completions');
    expect(JSON.parse(text.asked[0].body)).toEqual({ model: 'm', ...parameters, prompt: 'Once', n: 1, stream: false });
  });

  it('holds no Authorization without a key', async () => {
    const { asked, origin } = await rawServer((response) => json(response, chat('Hi')));
    await openEndpoint({ api: 'chat', baseUrl: origin, model: 'm' })(PROMPT, signal);
    expect(asked[0].headers).not.toHaveProperty('authorization');
  });
});

describe('an answer', () => {
  it.each<[string, unknown, object]>([
    ['text', chat('Hi'), { reply: 'Hi', finish: 'stop' }],
    ['empty text', chat(''), { reply: '', finish: 'stop' }],
    ['null', chat(null), { reply: '', finish: 'stop' }],
    ['a list of parts', chat([{ type: 'text', text: 'A' }, { type: 'image' }, 'B']), { reply: 'AB', finish: 'stop' }],
    [
      'a refusal in words',
      { choices: [{ message: { content: null, refusal: 'No.' }, finish_reason: 'stop' }] },
      { reply: 'No.', finish: 'stop' },
    ],
    ['a filtered text', chat(null, 'content_filter'), { reply: '', finish: 'content_filter' }],
    ['no finish', chat('Hi', null), { reply: 'Hi' }],
    ['a finish that is no word', chat('Hi', '\ud800'), { reply: 'Hi' }],
    ['a completion', { choices: [{ text: ' upon', finish_reason: 'length' }] }, { reply: ' upon', finish: 'length' }],
    [
      'probabilities that nobody asked for',
      chat('Hi', 'stop', { logprobs: { content: [] } }),
      { reply: 'Hi', finish: 'stop' },
    ],
  ])('may be %s', async (_, said, outcome) => {
    const { once } = await ask((response) => json(response, said));
    expect((await once()).outcome).toEqual(outcome);
  });

  it("keeps probabilities where the plan asks for them, and the endpoint's count of tokens", async () => {
    const logprobs = { content: [{ token: 'Hi', logprob: -0.1 }] };
    const said = { ...chat('Hi', 'stop', { logprobs }), usage: { prompt_tokens: 3, completion_tokens: 4 } };
    const { once } = await ask((response) => json(response, said), { parameters: { logprobs: 1 } });
    expect(await once()).toEqual({ outcome: { reply: 'Hi', finish: 'stop', logprobs }, tokens: 7 });
  });

  it('of a filter that refuses with status 400 is an empty one', async () => {
    const { once } = await ask((response) => json(response, { error: { code: 'content_filter' } }, 400));
    expect((await once()).outcome).toEqual({ reply: '', finish: 'content_filter' });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['UTF-8', bytes(body('Füße 漢字 🙂'), 'application/json')],
    ['UTF-8 with a byte order mark', bytes(body('Füße 漢字 🙂'), 'application/json', 'utf8', [0xef, 0xbb, 0xbf])],
    ['UTF-16 by its header', bytes(body('Füße 漢字 🙂'), 'application/json; charset=utf-16le', 'utf16le')],
    ['UTF-16 by its mark', bytes(body('Füße 漢字 🙂'), 'application/json', 'utf16le', [0xff, 0xfe])],
    ['no type', (response) => response.writeHead(200).end(body('Füße 漢字 🙂'))],
    ['problem+json', bytes(body('Füße 漢字 🙂'), 'application/vnd.api+json; charset="utf-8"')],
  ])('is read in %s', async (_, answer) => {
    const { once } = await ask(answer);
    expect((await once()).outcome).toEqual({ reply: 'Füße 漢字 🙂', finish: 'stop' });
  });

  it('is read in Latin-1 where the header says so', async () => {
    const { once } = await ask(bytes(body('Füße'), 'application/json; charset=iso-8859-1', 'latin1'));
    expect((await once()).outcome).toEqual({ reply: 'Füße', finish: 'stop' });
  });

  it.each<[string, string]>([
    ['line feeds', '\n'],
    ['carriage returns and line feeds', '\r\n'],
    ['carriage returns', '\r'],
  ])('is read from a stream with %s, comments and pauses', async (_, newline) => {
    const stream = `: hello\n\n${event(delta('Hi '))}event: x\n${event(delta('there'))}${event(delta('', 'stop'))}${event({ choices: [], usage: { total_tokens: 9 } })}${event('[DONE]')}`;
    const { once } = await ask(bytes(stream.replaceAll('\n', newline), 'text/event-stream'));
    expect(await once()).toEqual({ outcome: { reply: 'Hi there', finish: 'stop' }, tokens: 9 });
  });

  it('is asked for as a stream where the endpoint has nothing else', async () => {
    const { asked, once } = await ask((response, n) => {
      if (n === 0) json(response, { error: { message: 'this model only supports stream mode' } }, 400);
      else bytes(event(delta('Hi', 'stop')), 'text/event-stream')(response);
    });
    await expect(once()).rejects.toThrow(Unanswered);
    expect((await once()).outcome).toEqual({ reply: 'Hi', finish: 'stop' });
    expect(asked.map(({ body }) => JSON.parse(body).stream)).toEqual([false, true]);
  });
});

describe('the next attempt is worth it after', () => {
  it.each([408, 409, 425, 429, 500, 502, 503, 504, 529])('status %i', async (status) => {
    const { once } = await ask((response) => json(response, {}, status));
    await expect(once()).rejects.toThrow(new Unanswered(`HTTP ${status}`, { charged: false }));
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['malformed JSON', bytes('{"choices": [', 'application/json'), 'malformed JSON'],
    ['an empty body', bytes('', 'application/json'), 'malformed JSON'],
    ['JSON without an answer', bytes('{}', 'application/json'), 'an answer without choices'],
    [
      'an error with status 200',
      bytes('{"error":{"message":"x"}}', 'application/json'),
      'an error in the place of an answer',
    ],
    ['a page', bytes('<html>', 'text/html'), 'an answer that is no JSON'],
    ['broken UTF-8', bytes(body('Füße'), 'application/json', 'latin1'), 'an answer in an unknown or broken encoding'],
    [
      'an unknown encoding',
      bytes(body('x'), 'application/json; charset=klingon'),
      'an answer in an unknown or broken encoding',
    ],
    ['a cut stream', bytes(event(delta('Hi')), 'text/event-stream'), 'a cut stream'],
    [
      'an error in a stream',
      bytes(event({ error: { message: 'x' } }), 'text/event-stream'),
      'an error in the place of an answer',
    ],
    [
      'an answer that repeats the key',
      bytes(body(`your key is ${KEY}!`), 'application/json'),
      'an answer that repeats the key',
    ],
    [
      'a cut body',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' }).write('{"choices"');
        setTimeout(() => response.destroy(), 20);
      },
      'network',
    ],
    ['a dropped connection', (response) => response.destroy(), 'network'],
  ])('%s', async (_, answer, reason) => {
    const error = await (await ask(answer)).once().catch((error) => error);
    expect(error).toBeInstanceOf(Unanswered);
    expect(error.message).toMatch(reason);
    expect(error.charged).toBe(true);
  });

  it('no answer in time', async () => {
    const { once } = await ask(() => {}, {}, 100);
    await expect(once()).rejects.toThrow(new Unanswered('time-out', { charged: true, isSilent: true }));
  });

  it('nobody listens', async () => {
    const endpoint = openEndpoint({ api: 'chat', baseUrl: 'http://127.0.0.1:1/', model: 'm' });
    await expect(endpoint(PROMPT, signal)).rejects.toThrow(Unanswered);
  });

  it.each<[string, string, number | undefined]>([
    ['7', NOON, 7000],
    ['0', NOON, 0],
    ['7', 'yesterday', 7000],
    ['Wed, 01 Jan 2031 12:01:00 GMT', NOON, 60_000],
    ['Wednesday, 01-Jan-31 12:01:00 GMT', NOON, 60_000],
    ['Wed, 01 Jan 2031 11:59:00 GMT', NOON, 0],
    ['Wed, 01 Jan 2031 12:01:00 GMT', 'yesterday', undefined],
    ['Wed Jan  1 12:01:00 2031', NOON, undefined],
    ['-5', NOON, undefined],
    ['soon', NOON, undefined],
  ])("Retry-After: %s, by an endpoint's clock of %s", async (header, date, expected) => {
    const { once } = await ask((response) => json(response, {}, 429, { 'retry-after': header, date }));
    expect((await once().catch((error) => error)).retryAfterMs).toBe(expected);
  });

  it('Retry-After: a date, from an endpoint that does not tell its time', async () => {
    const { once } = await ask((response) => {
      response.sendDate = false;
      json(response, {}, 503, { 'retry-after': 'Wed, 01 Jan 2031 12:01:00 GMT' });
    });
    expect((await once().catch((error) => error)).retryAfterMs).toBeUndefined();
  });
});

describe('the run ends after', () => {
  it.each([400, 401, 403, 404, 413, 422])('status %i, with the words of the endpoint', async (status) => {
    const { once } = await ask((response) => json(response, { error: { message: 'no such model' } }, status));
    const error = await once().catch((error) => error);
    expect(error).toBeInstanceOf(Refused);
    expect(error.message).toContain(`HTTP ${status}`);
    expect(error.message).toContain('no such model');
  });

  it('status 404, with a question where the base has no version', async () => {
    const { origin } = await rawServer((response) => json(response, {}, 404));
    const at = (baseUrl: string) => openEndpoint({ api: 'chat', baseUrl, model: 'm' })(PROMPT, signal);
    await expect(at(`${origin}/api`)).rejects.toThrow(/refuses: HTTP 404 \{\} \(is the base \.\.\.\/v1\?\)$/);
    await expect(at(`${origin}/v1`)).rejects.toThrow(/refuses: HTTP 404 \{\}$/);
  });

  it('a redirect to another origin, where the key does not go', async () => {
    const other = await rawServer((response) => json(response, chat('Hi')));
    const { once } = await ask((response) => response.writeHead(307, { location: `${other.origin}/v1` }).end());
    await expect(once()).rejects.toThrow(/redirects to http:\/\/127\.0\.0\.1/);
    expect(other.asked).toEqual([]);
  });

  it('a redirect without an end', async () => {
    const { once } = await ask((response) => response.writeHead(308, { location: '/again' }).end());
    await expect(once()).rejects.toThrow(Refused);
  });

  it('and not after a redirect within the origin, where the question is asked again in full', async () => {
    const { asked, once } = await ask((response, n) => {
      if (n === 0) response.writeHead(308, { location: '/v2/chat/completions' }).end();
      else json(response, chat('Hi'));
    });
    expect((await once()).outcome).toEqual({ reply: 'Hi', finish: 'stop' });
    expect(asked[1]).toMatchObject({ url: '/v2/chat/completions', body: asked[0].body });
  });
});

describe('the size of an answer', () => {
  it.each<[string, Suspect['parameters'], number]>([
    ['a limit to tokens', { max_tokens: 8 }, 1024 + 8 * 64],
    ['the same by its newer name', { max_completion_tokens: 8 }, 1024 + 8 * 64],
    ['probabilities', { max_tokens: 8, logprobs: 1 }, 1024 + 8 * 576],
    ['no limit', undefined, 1024 + 2 ** 20],
  ])('is bounded by what was asked for: %s', async (_, parameters, most) => {
    const frame = JSON.stringify({ reply: '', finish: 'stop' }).length;
    const { once } = await ask((response, n) => json(response, chat('x'.repeat(most - frame + n))), { parameters });
    expect((await once()).outcome).toMatchObject({ finish: 'stop' });
    await expect(once()).rejects.toThrow(new Unanswered(`an answer above ${most} bytes`, { charged: true }));
  });
});

describe('the key', () => {
  it('is found in an answer whatever JSON makes of it, and wherever it stands', async () => {
    const KEY = 'sk"with\\both-Zx81QpLm';
    const parameters = { max_tokens: 9, logprobs: 1 };
    for (const said of [
      chat(`It is ${KEY}.`),
      chat('Hi', 'stop', { logprobs: { content: [{ token: KEY }] } }),
      chat('Hi', 'stop', { logprobs: { [KEY]: 1 } }),
    ]) {
      const { origin } = await rawServer((response) => json(response, said));
      const suspect: Suspect = { api: 'chat', baseUrl: origin, model: 'm', parameters };
      const endpoint = openEndpoint(suspect, { apiKeyVariable: 'KEY', env: { KEY } });
      await expect(endpoint(PROMPT, signal)).rejects.toThrow('an answer that repeats the key');
    }
  });

  it.each([
    ['whole', `Incorrect API key provided: ${KEY}`],
    ['behind Bearer', `got "Bearer ${KEY}"`],
    ['in part', `Incorrect API key provided: ${KEY.slice(0, 8)}********${KEY.slice(-4)}`],
    ['its beginning', `key ${KEY.slice(0, 10)} is unknown`],
    ['in a header', `{"authorization":"Bearer ${KEY}","host":"x"}`],
    ['in a long line', `${'x '.repeat(2500)}${KEY}`],
  ])('is not in an error that quotes it %s', async (_, message) => {
    for (const status of [401, 500]) {
      const { once, endpoint } = await ask((response) => json(response, { error: { message } }, status));
      const error = await once().catch((error) => error);
      const shown = inspect([error, endpoint], { depth: 10, showHidden: true }) + JSON.stringify(error);
      for (let i = 0; i + 6 <= KEY.length; i++) expect(shown).not.toContain(KEY.slice(i, i + 6));
      expect(error.message.length).toBeLessThan(400);
    }
  });

  it.each([[undefined], [''], ['two words'], ['line\nbreak'], ['ключ']])('%j is refused without being shown', (key) => {
    const open = () =>
      openEndpoint({ api: 'chat', baseUrl: 'http://x', model: 'm' }, { apiKeyVariable: 'KEY', env: { KEY: key } });
    expect(open).toThrow(/environment variable KEY expected an API key/);
  });

  it("pasted in the place of the variable's name is not shown", () => {
    const open = () => openEndpoint({ api: 'chat', baseUrl: 'http://x', model: 'm' }, { apiKeyVariable: KEY, env: {} });
    expect(open).toThrow(/environment variable \[\.\.\.\] expected/);
  });

  it('of others, and control characters, are masked too', () => {
    expect(masked('sk-abc123 and\n\u001b[31mred\u202e Basic dXNlcjpwYXNz 0123456789abcdef0123456789abcdef')).toBe(
      '[...] and [31mred Basic [...] [...]',
    );
  });
});
