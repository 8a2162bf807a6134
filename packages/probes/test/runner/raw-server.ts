/** An HTTP server that says exactly what a test wants said, and remembers what it was asked. @module */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface Asked {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Listens until the test file ends. `answer` gets the number of the request, from 0. */
export async function rawServer(answer: (response: ServerResponse, n: number, asked: Asked) => unknown) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
    await answer(response, asked.length - 1, asked[asked.length - 1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));

export const chat = (content: unknown, finish_reason: string | null = 'stop', more: object = {}) => ({
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason, ...more }],
});
