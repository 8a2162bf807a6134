/**
 * Stands in front of the real server and spoils a stated share of its answers: 429 with Retry-After, 500, silence, cut bodies
 * and streams, malformed JSON, broken encodings. What it lets through comes in various encodings, too.
 * @module
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Sent {
  readonly prompt: string;
  readonly how: string;
}

export interface FaultProxy {
  readonly baseUrl: string;
  /** Every request, in order of arrival. */
  readonly log: Sent[];
  close(): void;
}

/** `random` decides which answers are spoiled, and how. The real server's answers are kept: the same question costs once. */
export async function faultProxy(
  target: string,
  rate: number,
  random: () => number,
  onAsked: (prompt: string) => void,
): Promise<FaultProxy> {
  const log: Sent[] = [];
  const known = new Map<string, Promise<string>>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const ask = async () => {
      const headers = { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' };
      const real = await fetch(new URL(request.url ?? '', target), { method: 'POST', headers, body });
      if (!real.ok) throw new Error(`the real server: HTTP ${real.status}`);
      return real.text();
    };
    if (!known.has(body)) known.set(body, ask());
    const answer = await (known.get(body) as Promise<string>);
    const ways = Object.entries(random() < rate ? FAULTS : WAYS);
    const [how, send] = ways[Math.floor(random() * ways.length)];
    const { prompt } = JSON.parse(body);
    log.push({ prompt, how });
    onAsked(prompt);
    // A model takes its time, too: a run must not be over before it can be killed.
    await new Promise((resolve) => setTimeout(resolve, 20));
    send(response, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    log,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Send = (response: ServerResponse, answer: string) => void;

const send =
  (type: string, encode: (answer: string) => Buffer): Send =>
  (response, answer) => {
    response.writeHead(200, { 'content-type': type }).end(encode(answer));
  };

const status =
  (code: number, headers: Record<string, string> = {}): Send =>
  (response) => {
    response.writeHead(code, headers).end('{"error":{"message":"try again"}}');
  };

const cut =
  (type: string, encode: (answer: string) => string): Send =>
  (response, answer) => {
    const text = encode(answer);
    response.writeHead(200, { 'content-type': type });
    response.write(text.slice(0, text.length / 2), () => setTimeout(() => response.destroy(), 5));
  };

const events = (answer: string): string => {
  const { choices, usage } = JSON.parse(answer);
  const [{ text, finish_reason }] = choices;
  const pieces = [...text.split(/(?<= )/).map((text: string) => ({ text })), { text: '', finish_reason }];
  const chunks = [...pieces.map((choice) => ({ choices: [choice] })), { choices: [], usage }];
  return `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
};

/** Good answers. */
const WAYS: Record<string, Send> = {
  'utf-8': send('application/json', (answer) => Buffer.from(answer)),
  'byte order mark': send('application/json', (answer) => Buffer.from(`\ufeff${answer}`)),
  'utf-16': send('application/json; charset=utf-16le', (answer) => Buffer.from(answer, 'utf16le')),
  stream: send('text/event-stream', (answer) => Buffer.from(events(answer))),
};

const FAULTS: Record<string, Send> = {
  429: status(429, { 'retry-after': '0' }),
  '429 until a date': status(429, { 'retry-after': new Date(0).toUTCString() }),
  500: status(500),
  503: status(503),
  silence: () => {},
  drop: (response) => response.destroy(),
  'cut body': cut('application/json', (answer) => answer),
  'cut stream': cut('text/event-stream', events),
  'stream without an end': send('text/event-stream', (answer) => Buffer.from(events(answer).slice(0, 60))),
  'malformed JSON': send('application/json', (answer) => Buffer.from(answer.slice(0, -9))),
  'broken encoding': send('application/json', (answer) => Buffer.concat([Buffer.from(answer), Buffer.of(0xff)])),
  page: send('text/html', () => Buffer.from('<h1>Busy</h1>')),
};
