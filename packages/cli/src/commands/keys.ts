/** `taggant keys`: what a keyring holds, without its secrets, and the status of a key. @module */
import { isOfEngine, type KeyEntry, type KeyStatus, printable } from '@taggant/core';
import { Argument, type Command } from 'commander';
import { choice, type KeyringFlags, withKeyring } from '../flags.ts';
import { jsonLine, writeWhole } from '../output.ts';

interface Flags extends KeyringFlags {
  readonly json?: boolean;
}

const STATUSES: readonly KeyStatus[] = ['active', 'detect-only', 'retired'];

export function keysCommand(program: Command): void {
  const keys = withKeyring(program.command('keys'))
    .description('List the keys of a keyring (never its secrets), or set the status of one.')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', HELP)
    .action((flags: Flags) => list(flags));
  keys
    .command('set')
    .description('Set the status of a key.')
    .addArgument(new Argument('<kid>', 'the key'))
    .addOption(choice('--status <status>', 'its new status', STATUSES).makeOptionMandatory())
    .configureHelp({ showGlobalOptions: true })
    .action((kid: string, _: unknown, command: Command) => setStatus(kid, command.optsWithGlobals()));
  keys
    .command('import')
    .description("Take the key out of another engine's mark file, into the keyring.")
    .requiredOption('--mark <file>', "the engine's configuration with its key; - is stdin")
    .requiredOption('--out <file>', 'where the mark without its key goes')
    .option('--label <text>', 'what the key is for', '')
    .configureHelp({ showGlobalOptions: true })
    .action((_: unknown, command: Command) => importKey(command.optsWithGlobals()));
}

async function importKey(
  flags: Flags & { readonly mark: string; readonly out: string; readonly label: string },
): Promise<void> {
  const { importEngineKey } = await import('../import-key.ts');
  const { kid, mark } = await importEngineKey(flags);
  const where = { kid, mark, keyring: flags.keyring, out: flags.out };
  await writeWhole(
    '-',
    flags.json
      ? jsonLine(where)
      : `kid         ${kid}\nsecret key  ${printable(flags.keyring)}\nmark        ${printable(flags.out)} (public)\n`,
  );
}

async function list(flags: Flags): Promise<void> {
  const { readKeyring } = await import('../keyring-store.ts');
  const { entries } = readKeyring(flags);
  await writeWhole('-', flags.json ? entries.map((entry) => jsonLine(publicPart(entry))).join('') : table(entries));
}

async function setStatus(kid: string, flags: Flags & { readonly status: KeyStatus }): Promise<void> {
  const { changeKeyring } = await import('../keyring-store.ts');
  await changeKeyring(flags, (keyring) => keyring.withStatus(kid, flags.status));
  await writeWhole('-', flags.json ? jsonLine({ kid, status: flags.status }) : `${kid} is ${flags.status}\n`);
}

function publicPart(entry: KeyEntry) {
  const { status, notBefore, notAfter } = entry;
  const { kid, label } = entry.key;
  if (isOfEngine(entry)) return { kid, mark: entry.key.mark, label, status, notBefore, notAfter };
  const { scheme, commitment } = entry.key;
  return { kid, scheme, label, status, notBefore, notAfter, commitment };
}

function table(entries: readonly KeyEntry[]): string {
  const rows = entries
    .map(publicPart)
    .map(({ kid, scheme, mark, label, status, notBefore = '', notAfter = '' }) => [
      ...[kid, scheme ?? mark, status, printable(label) || '-'],
      notBefore === '' && notAfter === '' ? 'always' : `${notBefore} .. ${notAfter}`,
    ]);
  const all = [['kid', 'scheme', 'status', 'label', 'may mark'], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

const HELP = `
  active       marks and detects
  detect-only  detects: text outlives keys
  retired      is used only where a mark names its kid

Examples:
  $ taggant keys --keyring keys.json
  $ taggant keys set d406634db2bb0387 --status detect-only --keyring keys.json
  $ taggant keys import --mark hf-greenlist.json --out mark.json --label 2026-q4`;
