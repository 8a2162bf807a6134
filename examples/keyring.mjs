// Where do keys live, and what happens to old ones?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveKey, Keyring, Secret } from '@taggant/core';
import { readKeyringFile, writeKeyringFile } from '@taggant/core/keyring-file';

const folder = mkdtempSync(join(tmpdir(), 'taggant-'));
const file = join(folder, 'keys.json');

const entry = (label) => {
  const secret = Secret.generate();
  return { secret, key: deriveKey(secret, 'greenlist', label), status: 'active' };
};
const [spring, autumn] = [entry('2026-spring'), entry('2026-autumn')];
writeKeyringFile(file, new Keyring([spring, autumn])); // mode 0600, written whole or not at all

// Rotate: text outlives keys, so an old key goes on detecting.
writeKeyringFile(file, readKeyringFile(file).withStatus(spring.key.kid, 'detect-only'));

const keyring = readKeyringFile(file);
console.log('marks with:', keyring.forMarking('greenlist', undefined, new Date()).label);
console.log('detects with:', keyring.forDetection('greenlist', spring.key.kid).label);
console.log('printed, it shows no secret:', JSON.stringify(keyring));
rmSync(folder, { recursive: true });
