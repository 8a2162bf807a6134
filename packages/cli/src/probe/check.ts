/** `taggant probe check`: an opened test, recomputed. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { printable } from '@taggant/core';
import { evaluate, type Plan, Probe, type ProbeMaterials, plannedKeys } from '@taggant/probes';
import { checkBundle, type Materials } from '@taggant/probes/runner';
import { CommandError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { writeWhole } from '../output.ts';
import { VERSION } from '../version.ts';
import { MissingKeyError } from './keys.ts';
import { type MaterialFlags, openMaterials, type Sources, sourcesOf } from './materials.ts';
import { readPlan } from './plan-file.ts';

interface Flags extends MaterialFlags {
  readonly commitment?: string;
  readonly served?: string;
  readonly deck?: string;
}

export async function checkOpened(folder: string, { commitment: published, ...flags }: Flags): Promise<void> {
  const commitment = published?.trim().toLowerCase();
  if (commitment !== undefined && !/^[0-9a-f]{64}$/.test(commitment)) {
    throw new CommandError(`--commitment expected 64 hex digits, got other text`);
  }
  const outside = await fromOutside(folder, flags);
  let opened: ProbeMaterials | undefined;
  const open = async (plan: Plan, materials: Materials) =>
    (opened ??= await openMaterials(plan, { keys: [], ...materials } as Sources, flags));
  const problems = await checkBundle(folder, {
    version: VERSION,
    commitment,
    materials: { ...outside, ...defined({ served: flags.served, deck: flags.deck }) },
    evaluate: async (plan, lines, materials) => evaluate(plan, lines, await open(plan, materials)),
    decide: async (plan, materials) => {
      const probe = new Probe(plan, await open(plan, materials));
      return (line) => probe.add(line);
    },
  });
  const list = problems.map(({ file, what }) => `${file}: ${printable(what)}\n`).join('');
  const advice = commitment === undefined ? ' Compare its commitment with the published one (--commitment).' : '';
  await writeWhole(
    '-',
    problems.length === 0 ? `All holds: every file, the order, the end and every figure.${advice}\n` : list,
  );
  process.exitCode = problems.length === 0 ? EXIT.marked : EXIT['not-marked'];
}

/** What a bundle does not hold itself: its keys are in the keyring then, its accounts where the flag says. */
async function fromOutside(folder: string, flags: Flags): Promise<Materials> {
  const file = await readPlan(join(folder, 'plan.json'));
  const has = (name: string) => existsSync(join(folder, name));
  const accounts = file.plan.accounts && (has('accounts') ? join(folder, 'accounts') : flags.accounts);
  if (has('keys.json')) return defined({ accounts });
  if (!existsSync(flags.keyring)) throw lacksKeys(folder, file.plan);
  try {
    const { keys } = sourcesOf(file, { ...flags, accounts: accounts ?? flags.accounts });
    return { keys, ...defined({ accounts }) };
  } catch (error) {
    throw error instanceof MissingKeyError ? lacksKeys(folder, file.plan) : error;
  }
}

function lacksKeys(folder: string, plan: Plan): CommandError {
  const [first, ...others] = plannedKeys(plan);
  const wanted = others.length === 0 ? first : `${first} and ${others.length} more`;
  return new CommandError(
    `${folder}: this bundle does not hold the keys of its marks: give the keyring that has ${wanted} (--keyring), or have it opened with --reveal-keys`,
  );
}

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
