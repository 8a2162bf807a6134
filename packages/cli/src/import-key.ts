/** Takes the key of another engine's mark out of its configuration, into the keyring. @module */
import { existsSync } from 'node:fs';
import { EngineKey, exportEngineKey, isOfEngine, type Keyring } from '@taggant/core';
import { type EngineMarkFile, engineKeyFields, hasPublicKey, openEngineMark } from '@taggant/engines';
import { CommandError, complain, withoutSecrets } from './errors.ts';
import type { KeyringFlags } from './flags.ts';
import { isObject, nameOf, parseJsonExactly, readText } from './input.ts';
import { changeKeyring } from './keyring-store.ts';
import { openOutput } from './output.ts';
import { refuseToReplace } from './paths.ts';

interface Flags extends KeyringFlags {
  readonly mark: string;
  readonly out: string;
  readonly label: string;
}

/** The key's kid, and the mark that it is for. */
export async function importEngineKey(flags: Flags): Promise<{ kid: string; mark: string }> {
  const place = nameOf(flags.mark);
  refuseToReplace(['--out', flags.out], { '--mark': flags.mark, '--keyring': flags.keyring });
  if (existsSync(flags.out)) {
    throw new CommandError(`${flags.out} exists already; texts may rest on it, so it is not replaced`);
  }
  const file = parseJsonExactly(await readText(flags.mark), place);
  if (!isObject(file)) throw new CommandError(`${place}: expected a mark as a JSON object`);
  if (file.kid !== undefined)
    throw new CommandError(`${place}: expected a mark that holds its key, got one with a "kid"`);
  const { key, open } = withoutKey(file as unknown as EngineMarkFile, flags.label, place);
  if (hasPublicKey(file as unknown as EngineMarkFile)) {
    await complain(
      `warning: the key of ${place} is no secret: it is a default or an example of the engine's, known to all`,
    );
  }
  // The key is stored before the mark that names it is shown: a mark without its key is worth nothing.
  const out = openOutput(flags.out);
  const add = (keyring: Keyring) => {
    const known = keyring.entries.filter(isOfEngine).find((entry) => isSameKey(entry.key, key));
    if (known !== undefined) throw new CommandError(`the keyring has this key already, as kid ${known.key.kid}`);
    return keyring.with({ key, status: 'active' });
  };
  await changeKeyring(flags, add, { create: true });
  await out.write(`${JSON.stringify(open, null, 2)}\n`);
  await out.close();
  return { kid: key.kid, mark: key.mark };
}

const isSameKey = (a: EngineKey, b: EngineKey) =>
  a.mark === b.mark && JSON.stringify(exportEngineKey(a)) === JSON.stringify(exportEngineKey(b));

function withoutKey(file: EngineMarkFile, label: string, place: string): { key: EngineKey; open: object } {
  try {
    openEngineMark(file);
    const names = engineKeyFields(file);
    if (names.length === 0) {
      throw new TypeError("expected a key in the configuration, got none: the engine's default is public");
    }
    const entries = Object.entries(file.config);
    const key = new EngineKey(file.mark, Object.fromEntries(entries.filter(([name]) => names.includes(name))), {
      label,
    });
    const config = Object.fromEntries(entries.filter(([name]) => !names.includes(name)));
    return { key, open: { ...file, config, kid: key.kid } };
  } catch (error) {
    throw withoutSecrets(place, error);
  }
}
