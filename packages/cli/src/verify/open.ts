/** A gate with everything that its config names. @module */
import type { Mark, Tokenizer } from '@taggant/core';
import { tinyLmOpenings } from '@taggant/tiny-lm';
import { type AttackMaterials, countWords, type Gate, type Reference } from '@taggant/verify';
import { CommandError } from '../errors.ts';
import { type MarkFile, openMarkFile, openMarks } from '../mark-file.ts';
import { openTokenizer, openTokenizerOf } from '../tokenizers.ts';
import type { ConfigFile } from './config.ts';
import { folderOf, openDeployment } from './deployment.ts';
import { paraphraserOf } from './endpoint.ts';
import { suspicionsOf } from './suspicions.ts';
import { readPublic, textsOf } from './texts.ts';

export interface OpenedGate {
  readonly gate: Omit<Gate, 'software'>;
  close(): Promise<void>;
}

/** Opens marks, tokenizer, model, prompts and what attacks need. Of several marks on a text the first is verified. */
export async function openGate(file: ConfigFile): Promise<OpenedGate> {
  const { config, resolve } = file;
  const { maxTokens, texts, seed, levels, expect } = config;
  const marks = await openMarksOf(file);
  const tokenizer = await openTokenizerFor(file, marks.marks);
  const opened = await openDeployment(file, marks.marks, tokenizer);
  const other = await openReference(file, tokenizer, opened.reference);
  const materials = await openMaterials(file);
  return {
    gate: {
      mark: marks.marks[0],
      deployment: opened.deployment,
      tokenizer,
      prompts: await promptsOf(file),
      ...given({ maxTokens, texts, seed, levels }),
      // What several marks make of a text together is no one's promise.
      expectations: marks.marks.length > 1 ? { distortion: false, ...expect } : expect,
      reference: other.reference,
      materials: materials.materials,
      suspicions: suspicionsOf(marks, file),
    },
    async close() {
      await opened.close();
      await other.close?.();
      await materials.close?.();
    },
  };

  async function promptsOf({ config: { prompts, model } }: ConfigFile): Promise<readonly string[]> {
    if (typeof prompts === 'string') return textsOf(resolve(prompts), 'prompt');
    if (prompts !== undefined) return prompts;
    if ('folder' in model && model.folder === 'tiny-lm') return tinyLmOpenings();
    if ('outputs' in model) return [''];
    throw new CommandError(`${file.path}: "config.prompts" expected a file or a list of prompts, got nothing`);
  }
}

function openMarksOf({
  path,
  config: { mark, keyring = 'taggant-keys.json' },
  resolve,
}: ConfigFile): Promise<MarkFile> {
  const flags = { keyring: resolve(keyring) };
  // Detection: a key that is retired for marking is still the one to look for.
  return typeof mark === 'string'
    ? openMarkFile(resolve(mark), 'detection', flags)
    : openMarks(mark, `${path}: "mark"`, 'detection', flags);
}

/** The config's, the mark's, or the model's; none where only ids as they were written are tested. */
function openTokenizerFor(
  { config: { tokenizer, model }, resolve }: ConfigFile,
  marks: readonly Mark[],
): Promise<Tokenizer> | undefined {
  const named = marks.find(({ descriptor }) => descriptor.tokenizer !== undefined)?.descriptor.tokenizer?.name;
  const folder = 'folder' in model ? model.folder : undefined;
  const own = folder === 'tiny-lm' ? folder : folder && `hf:${resolve(folder)}`;
  const isKnown = named === 'tiny-lm' || named?.startsWith('tiktoken:');
  const spec = tokenizer ?? (isKnown ? undefined : own);
  return spec === undefined && !isKnown ? undefined : openTokenizerOf(marks, spec);
}

/** The model's own, unless the config names another. */
async function openReference(
  { config: { reference }, resolve }: ConfigFile,
  tokenizer: Tokenizer | undefined,
  own: Reference | undefined,
): Promise<{ readonly reference?: Reference; close?(): Promise<void> }> {
  if (reference === false) return {};
  if (reference === undefined) return { reference: own };
  if (tokenizer === undefined) throw new CommandError('"config.tokenizer" expected for a reference model, got none');
  const [{ openLocalModel }, { referenceOf }] = await Promise.all([
    import('@taggant/sampler/local-model'),
    import('@taggant/verify/local-model'),
  ]);
  const model = await openLocalModel(folderOf(reference, resolve));
  // Its own tokenizer may be another than the mark's.
  const reader =
    reference === 'tiny-lm' ? await openTokenizer('tiny-lm') : await openTokenizer(`hf:${resolve(reference)}`);
  const isSame = reader.id.sha256 === tokenizer.id.sha256;
  const read = referenceOf(model);
  return {
    reference: isSame
      ? read
      : (samples) =>
          read(
            samples.map((sample) => ({ ...sample, prompt: new Uint32Array(0), tokens: reader.encode(sample.text) })),
          ),
    close: () => model.dispose(),
  };
}

/** What the attacks that are asked for work with. */
async function openMaterials({
  config: { attacks = {}, expect },
  resolve,
}: ConfigFile): Promise<{ readonly materials: AttackMaterials; close?(): Promise<void> }> {
  const { words, human, tokenizer, paraphraser } = attacks;
  const asked = (expect?.survival || []).map(({ attack }) => attack).join('+');
  const infill = /\binfill\b/.test(asked) ? await (await import('@taggant/verify/infill')).openInfill() : undefined;
  return {
    materials: {
      ...(words === undefined ? {} : { words: countWords(await readPublic(resolve(words))) }),
      ...(human === undefined ? {} : { human: await textsOf(resolve(human), 'text') }),
      ...(tokenizer === undefined ? {} : { tokenizer: await openTokenizer(tokenizer) }),
      ...(paraphraser === undefined ? {} : { paraphrase: paraphraserOf(paraphraser) }),
      ...(/\bsynonyms\b/.test(asked) ? { synonyms: (await import('@taggant/verify/wordnet')).openWordNet() } : {}),
      ...(infill && { infill: infill.infill }),
    },
    close: infill && (() => infill.dispose()),
  };
}

const given = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
