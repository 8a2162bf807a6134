/** `taggant probe plan`: from flags to a plan, with everything that it names checked. @module */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { type EngineKey, importKey, isOfEngine, type Keyring, type NativeDescriptor, show } from '@taggant/core';
import {
  askedTrigger,
  keyCommitment,
  type Plan,
  type Prompt,
  parsePlan,
  parsePrompts,
  sha256OfBytes,
} from '@taggant/probes';
import { printJson, sha256OfFile } from '@taggant/probes/runner';
import type { PlanFlags } from '../commands/probe.ts';
import { at, CommandError } from '../errors.ts';
import { readKeyring } from '../keyring-store.ts';
import { type MarkFile, openMarkFile } from '../mark-file.ts';
import { writeWhole } from '../output.ts';
import { VERSION } from '../version.ts';
import { labelKeys, saltsPath, theCanaryKey, writeSalts } from './keys.ts';
import { readAssignment, readDeck, readServed } from './materials.ts';
import { readBytes } from './plan-file.ts';

export async function writePlan(path: string, flags: PlanFlags): Promise<void> {
  if (existsSync(path)) throw new CommandError(`${path} exists already: a plan that was written is not changed`);
  if ((flags.mark === undefined) === (flags.deck === undefined)) {
    throw new CommandError('probe plan expected either --mark or --deck');
  }
  const bytes = readBytes(flags.prompts);
  const prompts = saying(flags.prompts, () => parsePrompts(bytes));
  const count = prompts.length;
  if (count === 0) throw new CommandError(`${flags.prompts} holds no prompts`);
  const beside = (file: string) => below(path, file);
  const { marks, salts } = flags.mark === undefined ? { marks: undefined, salts: [] } : await plannedMarks(flags);
  const tokenizer = marks && tokenizerOf(marks);
  if (flags.served) {
    const { retokenized, texts } = readServed(flags.served, marks ?? [], tokenizer).counts;
    if (flags.servedLogs === 'marked' && retokenized > 0) {
      throw new CommandError(
        `${flags.served}: logs that a tested key marked need token ids as they were generated, got ${retokenized} of ${texts} texts that were tokenized again`,
      );
    }
  }
  const plan = parsePlan({
    plan: 'taggant/1',
    ...(flags.title === undefined ? {} : { title: flags.title }),
    test: marks === undefined ? 'canaries' : 'radioactivity',
    suspect: suspectOf(flags),
    ...(marks && { marks: marks.map(({ planned }) => planned), tokenizer }),
    prompts: {
      file: beside(flags.prompts),
      sha256: sha256OfBytes(bytes),
      count,
      ...(flags.markedPrompts && { marked: true }),
    },
    order: { seed: flags.orderSeed },
    ...(flags.served && { served: servedOf(flags.served, flags, beside) }),
    ...(flags.accounts && { accounts: accountsOf(flags.accounts, marks?.[0].planned.commitment, flags) }),
    ...(flags.deck && { deck: deckOf(flags.deck, flags, prompts, beside) }),
    statistic: flags.statistic,
    alpha: flags.alpha,
    stopping: flags.stopping,
    budget: {
      requests: flags.requests ?? (flags.offline ? count : 2 * count),
      ...(flags.tokens === undefined ? {} : { tokens: flags.tokens }),
    },
    decoys: marks === undefined ? 0 : flags.decoys,
    software: { name: 'taggant', version: VERSION },
    nonce: randomBytes(32).toString('hex'),
  });
  if (salts.some((salt) => salt !== undefined)) writeSalts(saltsPath(path), salts);
  // Until it is opened, a plan tells the suspect's side what it will be asked, and for what.
  await writeWhole(path, printJson(plan), 0o600);
  await writeWhole(
    '-',
    `plan  ${path}\n\nRead it, then run taggant probe commit ${path} and publish what that prints.\n`,
  );
}

async function plannedMarks(flags: PlanFlags) {
  const files = await Promise.all((flags.mark ?? []).map((file) => openMarkFile(file, 'detection', flags)));
  const keyring = readKeyring(flags);
  const marks = files.flatMap((file) =>
    file.marks.map(({ descriptor, contextWidth }, i) => ({
      ...plannedMark(file, i, descriptor, keyring),
      contextWidth,
    })),
  );
  return { marks, salts: marks.map(({ salt }) => salt) };
}

/** Without its kid, with the commitment of its key, which has to be in the keyring when the plan is run. */
function plannedMark(
  file: MarkFile,
  i: number,
  { kid, ...descriptor }: MarkFile['marks'][number]['descriptor'],
  keyring: Keyring,
) {
  const sealed = file.seal()[i];
  if ('key' in sealed) {
    const { commitment } = importKey(sealed.key, (descriptor as NativeDescriptor).scheme);
    const isKept = keyring.entries.some((entry) => !isOfEngine(entry) && entry.key.commitment === commitment);
    if (isKept) return { planned: { descriptor, commitment }, tokenizer: descriptor.tokenizer, salt: undefined };
  } else if (kid !== undefined) {
    const salt = randomBytes(32).toString('hex');
    const commitment = keyCommitment(keyring.find(kid).key as EngineKey, salt);
    return { planned: { descriptor, commitment }, tokenizer: descriptor.tokenizer, salt };
  }
  throw new CommandError(
    `--mark expected a mark whose key is in the keyring (taggant keygen, taggant keys import), got one that brings its own`,
  );
}

function tokenizerOf(marks: readonly { readonly tokenizer?: Plan['tokenizer'] }[]): Plan['tokenizer'] {
  const [first, ...others] = marks.map(({ tokenizer }) => tokenizer);
  if (first === undefined)
    throw new CommandError('--mark expected marks that name their tokenizer, got one that does not');
  const other = others.find((one) => JSON.stringify(one) !== JSON.stringify(first));
  if (other === undefined && !others.includes(undefined)) return first;
  throw new CommandError(`--mark expected marks of one tokenizer, got ${show(first.name)} and ${show(other?.name)}`);
}

function suspectOf(flags: PlanFlags): object {
  const { offline, endpoint, model, api, temperature, topP, maxTokens, requestSeed } = flags;
  const named = model === undefined ? {} : { model };
  if (offline) return { api: 'offline', ...named };
  if (endpoint === undefined || model === undefined) {
    throw new CommandError('probe plan expected --endpoint and --model, or --offline');
  }
  const parameters = { temperature, top_p: topP, max_tokens: maxTokens, seed: requestSeed };
  const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
  return { api, baseUrl: endpoint, model, ...(Object.keys(given).length > 0 && { parameters: given }) };
}

function servedOf(path: string, { servedLogs: logs, weights }: PlanFlags, beside: (file: string) => string): object {
  return { file: beside(path), sha256: sha256OfFile(path), logs, weights: weights && logs === 'independent' };
}

/** Beside a mark the accounts' labels have keys, which are committed to as the mark's is. */
function accountsOf(path: string, commitment: string | undefined, flags: PlanFlags): object {
  const assignment = readAssignment(path);
  const cohorts = [...assignment.accounts, ...assignment.tiers].filter(({ number }) => number !== undefined).length;
  const keys =
    commitment === undefined ? undefined : labelKeys(commitment, assignment, flags).map((key) => key.commitment);
  return {
    commitment: assignment.commitment(),
    cohorts,
    labels: assignment.labels().length,
    ...(keys && { keys }),
  };
}

function deckOf(path: string, flags: PlanFlags, prompts: readonly Prompt[], beside: (file: string) => string): object {
  const deck = readDeck(path);
  for (const prompt of prompts) saying(flags.prompts, () => askedTrigger(deck, prompt));
  return { file: beside(path), sha256: sha256OfFile(path), commitment: theCanaryKey(flags).commitment };
}

/** As the plan names it: by its path below the plan's folder, so that both can move. */
function below(plan: string, file: string): string {
  const path = relative(dirname(plan), file).split(sep).join('/');
  if (!path.startsWith('../') && path !== '..') return path;
  throw new CommandError(
    `${file} expected in the folder of ${plan} or below it: the plan names it by its path from there`,
  );
}

function saying<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw at(path, error);
  }
}
