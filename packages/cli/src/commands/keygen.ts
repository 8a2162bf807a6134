/** `taggant keygen`: a fresh secret into the keyring, and the public mark file that names it. @module */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { printable, type Scheme, type TokenizerId } from '@taggant/core';
import type { Command } from 'commander';
import { CommandError, complain } from '../errors.ts';
import { choice, finite, instant, integer, type KeyringFlags, withKeyring } from '../flags.ts';
import { jsonLine, openOutput, writeWhole } from '../output.ts';
import { refuseToReplace } from '../paths.ts';

interface Flags extends KeyringFlags {
  readonly scheme: Scheme;
  readonly label: string;
  readonly mark?: string;
  readonly gamma?: string;
  readonly delta?: number;
  readonly contextWidth?: number;
  readonly cohort?: number;
  readonly layers?: number;
  readonly tokenizer?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly json?: boolean;
}

export function keygenCommand(program: Command): void {
  withKeyring(
    program
      .command('keygen')
      .description('Make a secret key and the public mark that it belongs to.')
      .addOption(
        choice('--scheme <name>', 'what the mark does', ['greenlist', 'gumbel', 'tournament']).default('greenlist'),
      )
      .option('--label <text>', 'tenant or epoch that the key is for', '')
      .option('--mark <file>', 'where the public mark goes; - is stdout', '-')
      .option('--gamma <fraction>', 'green list: green share of the vocabulary, n/256 (default: 1/4)')
      .option('--delta <number>', 'green list: added to green logits, in nats (default: 2)', finite)
      .option('--layers <number>', 'tournament: layers, 1 to 32 (default: 30)', integer(1, 32))
      .option(
        '--context-width <tokens>',
        'tokens that key a step, 0 to 4 (default: 2; 4 for gumbel, tournament)',
        integer(0, 4),
      )
      .option('--cohort <number>', 'an account or decoy under one owner (default: 0)', integer(0, 2 ** 24 - 1))
      .option('--tokenizer <spec>', 'whose ids are marked: tiny-lm, tiktoken:NAME or hf:PATH')
      .option('--not-before <instant>', 'may not mark before, ISO 8601', instant)
      .option('--not-after <instant>', 'may not mark after, ISO 8601; detection has no end', instant)
      .option('--json', 'print one JSON object'),
  )
    .addHelpText('after', HELP)
    .action(keygen);
}

async function keygen(flags: Flags): Promise<void> {
  const { scheme, label, notBefore, notAfter } = flags;
  const { deriveKey, parseDescriptor, printDescriptor, Secret } = await import('@taggant/core');
  const { changeKeyring } = await import('../keyring-store.ts');
  const markFile = flags.mark === undefined || flags.mark === '-' ? undefined : flags.mark;
  if (notBefore !== undefined && notAfter !== undefined && notBefore >= notAfter) {
    throw new CommandError(`--not-after expected an instant after ${notBefore}, got ${notAfter}`);
  }
  refuseToReplace(['--mark', markFile], { '--keyring': flags.keyring });
  if (markFile !== undefined && existsSync(markFile)) {
    throw new CommandError(`${markFile} exists already; texts may rest on it, so it is not replaced`);
  }
  const secret = Secret.fromBytes(randomBytes(32));
  const key = deriveKey(secret, scheme, label);
  const descriptor = parseDescriptor({
    mark: 'taggant/1',
    scheme,
    kid: key.kid,
    ...given(flags, ['gamma', 'delta', 'contextWidth', 'cohort', 'layers']),
    ...(flags.tokenizer === undefined ? {} : { tokenizer: await tokenizerId(flags.tokenizer) }),
  });
  // The key is stored before the mark that names it is shown: a mark without its key is worth nothing.
  const markOutput = markFile === undefined ? undefined : openOutput(markFile);
  await changeKeyring(
    flags,
    (keyring) => keyring.with({ key, secret, status: 'active', ...given(flags, ['notBefore', 'notAfter']) }),
    { create: true },
  );
  await markOutput?.write(printDescriptor(descriptor));
  await markOutput?.close();
  const { kid, commitment } = key;
  if (flags.json) {
    const where = { keyring: flags.keyring, mark: markFile ?? null };
    return writeWhole('-', jsonLine({ kid, commitment, scheme, label, ...where, descriptor }));
  }
  const words = [
    `kid         ${kid}`,
    `commitment  ${commitment}`,
    `secret key  ${printable(flags.keyring)} (keep it: whoever reads it can detect and forge the mark)`,
    `mark        ${printable(markFile ?? 'stdout')} (public)`,
  ];
  if (markFile !== undefined) return writeWhole('-', `${words.join('\n')}\n`);
  for (const line of words) await complain(line);
  await writeWhole('-', printDescriptor(descriptor));
}

async function tokenizerId(spec: string): Promise<TokenizerId> {
  const { openTokenizer, vocabSizeBeside } = await import('../tokenizers.ts');
  const vocabSize = spec.startsWith('hf:') ? await vocabSizeBeside(spec.slice(3)) : undefined;
  return (await openTokenizer(spec, { vocabSize })).id;
}

/** The flags that were given, so that a flag of another scheme is an error of the descriptor. */
const given = <K extends keyof Flags>(flags: Flags, names: readonly K[]) =>
  Object.fromEntries(names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]));

const HELP = `
The schemes:
  greenlist   adds delta to a keyed share of the vocabulary; works at any temperature, changes the distribution
  gumbel      the key replaces the sampler's randomness; unchanged distribution over keys, needs temperature above 0
  tournament  SynthID's layers of keyed bits; unchanged distribution over keys, needs temperature above 0

Examples:
  $ taggant keygen --mark mark.json --tokenizer tiny-lm
  $ taggant keygen --scheme gumbel --label 2027-q1 --keyring keys.json --tokenizer hf:models/opt/tokenizer.json > mark.json

Name the tokenizer: detection with another one is then an error instead of a silent "not marked".
For hf:PATH the width of the logits is taken from the config.json beside it, when there is one.`;
