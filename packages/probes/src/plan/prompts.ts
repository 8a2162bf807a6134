/** A plan's prompts: JSON lines, read strictly. @module */
import { Fields, list, oneOf, refuseTwice, text, word } from '@taggant/core/fields';
import { jsonLines } from '../json-lines.ts';

/** What is put to the suspect: one text, or a conversation. */
export type Prompt = {
  readonly id: string;
} & (
  | { readonly prompt: string; readonly messages?: undefined }
  | { readonly messages: readonly Message[]; readonly prompt?: undefined }
);

export interface Message {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly content: string;
}

/** Every text of a prompt: what the suspect was shown. */
export const textsOf = ({ prompt, messages }: Prompt): string[] =>
  messages === undefined ? [prompt as string] : messages.map(({ content }) => content);

/**
 * The prompts of a file's bytes, in the file's order. Throws for anything but UTF-8 JSON lines with unique ids.
 *
 * @example
 * parsePrompts(new TextEncoder().encode('{"id":"1","prompt":"Once"}\n')); // [ { id: '1', prompt: 'Once' } ]
 */
export function parsePrompts(bytes: Uint8Array): Prompt[] {
  const prompts = jsonLines(bytes, 'prompts').map(({ value, name }) => parsePrompt(value, name));
  refuseSameIds(prompts, 'prompts');
  return prompts;
}

/** The fields of a prompt among others, `known` ones. */
export function parsePrompt(value: unknown, name: string, known: readonly string[] = []): Prompt {
  const fields = new Fields(value, name, ['id', 'prompt', 'messages', ...known]);
  if (fields.has('prompt') === fields.has('messages')) {
    throw new TypeError(
      `"${name}" expected either "prompt" or "messages", got ${fields.has('prompt') ? 'both' : 'none'}`,
    );
  }
  const id = fields.get('id', word);
  return fields.has('prompt')
    ? { id, prompt: fields.get('prompt', text) }
    : { id, messages: fields.get('messages', list(message)) };
}

/** Throws when two lines have one id: which answer belongs to which prompt would be open. */
export const refuseSameIds = (rows: readonly { readonly id: string }[], name: string): void =>
  refuseTwice(
    rows.map(({ id }) => id),
    (i) => `${name}:${i + 1}.id`,
  );

function message(value: unknown, name: string): Message {
  const fields = new Fields(value, name, ['role', 'content']);
  return {
    role: fields.get('role', oneOf('system', 'developer', 'user', 'assistant')),
    content: fields.get('content', text),
  };
}
