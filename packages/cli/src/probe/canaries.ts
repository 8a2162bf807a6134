/** `taggant probe canaries`: a deck, its prompts, and what each account is told. @module */
import { existsSync } from 'node:fs';
import { deckPrompts, EVERYBODY, exampleDeck, powerOf, servingLines } from '@taggant/probes';
import { CommandError } from '../errors.ts';
import type { KeyringFlags } from '../flags.ts';
import { readKeyring } from '../keyring-store.ts';
import { openOutput, writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';
import { canaryKeys } from './keys.ts';
import { readAssignment, readDeck } from './materials.ts';

interface Flags extends KeyringFlags {
  readonly example?: boolean;
  readonly prompts?: string;
  readonly samples: number;
  readonly export?: string;
  readonly accounts?: string;
  readonly kid?: string;
  readonly power?: boolean;
}

export async function useDeck(path: string, flags: Flags): Promise<void> {
  if (flags.example) {
    if (existsSync(path)) throw new CommandError(`${path} exists already`);
    await writeWhole(path, `${JSON.stringify(exampleDeck(), null, 1)}\n`);
  }
  const deck = readDeck(path);
  for (const flag of ['prompts', 'export'] as const) {
    refuseToReplace([`--${flag}`, flags[flag]], {
      'the deck': path,
      '--keyring': flags.keyring,
      '--accounts': flags.accounts,
    });
  }
  if (flags.prompts) await writeWhole(flags.prompts, jsonLines(deckPrompts(deck, flags.samples)));
  if (flags.export) await exportTexts(deck, { ...flags, export: flags.export });
  await writeWhole('-', `deck  ${deck.hash}\n      ${deck.triggers.length} triggers\n`);
  if (flags.power) {
    const power = powerOf(deck.sizes, { hitRates: HIT_RATES, alpha: 1e-6, accounts: namesOf(flags).length });
    await writeWhole('-', jsonLines([{ hitRates: HIT_RATES, ...power }]));
  }
}

async function exportTexts(
  deck: ReturnType<typeof readDeck>,
  flags: Flags & { readonly export: string },
): Promise<void> {
  const keys = canaryKeys(readKeyring(flags)).filter(({ kid }) => flags.kid === undefined || kid === flags.kid);
  if (keys.length !== 1)
    throw new CommandError(`--kid expected to choose one master secret of ${flags.keyring}, got ${keys.length}`);
  // Whoever knows the draws can train a model to show them.
  const output = openOutput(flags.export, 0o600);
  for (const line of servingLines(deck, keys[0].key, namesOf(flags))) await output.write(`${line}\n`);
  await output.close();
}

/** Whose draws there are. */
const namesOf = ({ accounts }: Flags): string[] =>
  accounts === undefined ? [EVERYBODY] : readAssignment(accounts).accounts.map(({ id }) => id);

const HIT_RATES = [0.02, 0.05, 0.1, 0.2, 0.5];
const jsonLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
