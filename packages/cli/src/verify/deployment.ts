/** The deployment that a config names. @module */
import type { Mark, Tokenizer } from '@taggant/core';
import { tinyLmFolder } from '@taggant/tiny-lm';
import { type Deployment, type ModelConfig, outputsDeployment, type Reference, type TextReply } from '@taggant/verify';
import { at, CommandError } from '../errors.ts';
import { readJsonLines } from '../input.ts';
import { type ConfigFile, importModule } from './config.ts';
import { endpointDeployment } from './endpoint.ts';

export interface OpenedDeployment {
  readonly deployment: Deployment;
  /** The model's own. */
  readonly reference?: Reference;
  close(): Promise<void>;
}

export async function openDeployment(
  { config: { model, seed }, resolve }: ConfigFile,
  marks: readonly Mark[],
  tokenizer: Tokenizer | undefined,
): Promise<OpenedDeployment> {
  if ('folder' in model) return openFolder(model, resolve, marks, tokenizer);
  if ('module' in model) return { deployment: await moduleDeployment(model.module, resolve), close: nothing };
  if ('endpoint' in model) return { deployment: endpointDeployment(model), close: nothing };
  const marked = await repliesOf(resolve(model.outputs));
  const unmarked = model.unmarked === undefined ? [] : await repliesOf(resolve(model.unmarked));
  return { deployment: outputsDeployment(model.outputs, { marked, unmarked }, seed), close: nothing };
}

export const folderOf = (folder: string, resolve: (path: string) => string): string =>
  folder === 'tiny-lm' ? tinyLmFolder : resolve(folder);

async function openFolder(
  { folder, sampling }: Extract<ModelConfig, { folder: string }>,
  resolve: (path: string) => string,
  marks: readonly Mark[],
  tokenizer: Tokenizer | undefined,
): Promise<OpenedDeployment> {
  if (tokenizer === undefined) throw new CommandError('"config.tokenizer" expected for a model in a folder, got none');
  const { openLocalDeployment } = await import('@taggant/verify/local-model');
  const options = { name: folder, ...sampling };
  const deployment = await openLocalDeployment(folderOf(folder, resolve), marks, tokenizer, options);
  return { deployment, reference: deployment.reference, close: () => deployment.dispose() };
}

async function moduleDeployment(path: string, resolve: (path: string) => string): Promise<Deployment> {
  const module = await importModule(resolve(path));
  const {
    write,
    generate,
    name = `module ${path}`,
    writesUnmarked,
    heedsSeeds,
  } = module as Partial<Deployment> & {
    generate?: (request: Parameters<Deployment['write']>[0][number]) => Promise<TextReply>;
  };
  if (typeof write !== 'function' && typeof generate !== 'function') {
    throw new CommandError(`${path}: expected an exported function "write" or "generate", got neither`);
  }
  const all: Deployment['write'] =
    write ??
    (async (requests) => {
      const replies: TextReply[] = [];
      for (const request of requests) replies.push(await (generate as NonNullable<typeof generate>)(request));
      return replies;
    });
  return {
    name,
    writesUnmarked,
    heedsSeeds,
    async write(requests) {
      try {
        return await all(requests);
      } catch (error) {
        throw at(path, error);
      }
    },
  };
}

async function repliesOf(path: string): Promise<TextReply[]> {
  const replies: TextReply[] = [];
  for await (const { place, fields } of readJsonLines(path)) {
    const { text, tokens, prompt } = fields;
    if (typeof text !== 'string' && !isIds(tokens)) {
      throw new CommandError(`${place}: expected "text" or "tokens", got neither`);
    }
    replies.push({
      ...(typeof text === 'string' ? { text } : {}),
      ...(isIds(tokens) ? { tokens } : {}),
      ...(isIds(prompt) ? { promptTokens: prompt } : {}),
    });
  }
  if (replies.length === 0) throw new CommandError(`${path}: expected at least one text, got none`);
  return replies;
}

const isIds = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0);
const nothing = async () => {};
