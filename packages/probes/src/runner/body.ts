/** A response's body as text: whole, of bounded size, in the encoding that it has. @module */
import { Unanswered } from './errors.ts';

/** Throws Unanswered for a body that is cut, too large, or not in its encoding. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const bytes = await readBytes(response, maxBytes);
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(response.headers.get('content-type') ?? '')?.[1];
  try {
    return new TextDecoder(markedEncoding(bytes) ?? charset ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Unanswered('an answer in an unknown or broken encoding', { charged: true });
  }
}

async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new Unanswered(`an answer above ${maxBytes} bytes`, { charged: true });
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** A byte order mark outweighs what the header says (WHATWG Encoding, section 6). */
function markedEncoding([a, b, c]: Uint8Array): string | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return undefined;
}
