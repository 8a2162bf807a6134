/** `taggant probe check`: an opened test, recomputed. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, type Plan, Probe, type ProbeMaterials } from '@taggant/probes';
import { checkBundle, type Materials } from '@taggant/probes/runner';
import { printable } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { writeWhole } from '../output.ts';
import { VERSION } from '../version.ts';
import { type MaterialFlags, openMaterials, type Sources, sourcesOf } from './materials.ts';
import { readPlan } from './plan-file.ts';

interface Flags extends MaterialFlags {
  readonly commitment?: string;
  readonly served?: string;
  readonly deck?: string;
}

export async function checkOpened(folder: string, flags: Flags): Promise<void> {
  const outside = await fromOutside(folder, flags);
  let opened: ProbeMaterials | undefined;
  const open = async (plan: Plan, materials: Materials) =>
    (opened ??= await openMaterials(plan, { keys: [], ...materials } as Sources, flags));
  const problems = await checkBundle(folder, {
    version: VERSION,
    commitment: flags.commitment,
    materials: { ...outside, ...defined({ served: flags.served, deck: flags.deck }) },
    evaluate: async (plan, lines, materials) => evaluate(plan, lines, await open(plan, materials)),
    decide: async (plan, materials) => {
      const probe = new Probe(plan, await open(plan, materials));
      return (line) => probe.add(line);
    },
  });
  const list = problems.map(({ file, what }) => `${file}: ${printable(what)}\n`).join('');
  const published =
    flags.commitment === undefined ? ' Compare its commitment with the published one (--commitment).' : '';
  await writeWhole(
    '-',
    problems.length === 0 ? `All holds: every file, the order, the end and every figure.${published}\n` : list,
  );
  process.exitCode = problems.length === 0 ? EXIT.marked : EXIT['not-marked'];
}

/** What a bundle does not hold itself: its keys are in the keyring then, its accounts where the flag says. */
async function fromOutside(folder: string, flags: Flags): Promise<Materials> {
  const file = await readPlan(join(folder, 'plan.json'));
  const has = (name: string) => existsSync(join(folder, name));
  const accounts = file.plan.accounts && (has('accounts') ? join(folder, 'accounts') : flags.accounts);
  if (has('keys.json')) return defined({ accounts });
  const { keys } = sourcesOf(file, { ...flags, accounts: accounts ?? flags.accounts });
  return { keys, ...defined({ accounts }) };
}

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
