/** Files that are there whole or not at all. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flushFolder, writeWholeFile } from '@taggant/core/whole-file';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'taggant-whole-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = () => mkdtempSync(join(root, 'at-'));

describe('a whole file', () => {
  it('holds a text, bytes or pieces of them, under the mode that was asked for', () => {
    const at = folder();
    const bytes = Uint8Array.of(0, 255, 10);
    const umask = process.umask(0);
    try {
      writeWholeFile(join(at, 'text'), 'Füße', 0o600);
      writeWholeFile(join(at, 'bytes'), bytes);
      writeWholeFile(join(at, 'pieces'), [bytes, new Uint8Array(0), bytes], 0o640);
    } finally {
      process.umask(umask);
    }
    const read = (name: string) => [...readFileSync(join(at, name))];
    expect(readFileSync(join(at, 'text'), 'utf8')).toBe('Füße');
    expect(read('bytes')).toEqual([...bytes]);
    expect(read('pieces')).toEqual([...bytes, ...bytes]);
    expect(['text', 'bytes', 'pieces'].map((name) => statSync(join(at, name)).mode & 0o777)).toEqual([
      0o600, 0o666, 0o640,
    ]);
    expect(readdirSync(at).sort()).toEqual(['bytes', 'pieces', 'text']);
  });

  it('takes the place of the one before, or leaves it as it was and nothing beside it', () => {
    const at = folder();
    const path = join(at, 'file');
    writeWholeFile(path, 'first');
    const broken = function* () {
      yield Uint8Array.of(1);
      expect(readFileSync(path, 'utf8')).toBe('first');
      throw new Error('no more');
    };
    expect(() => writeWholeFile(path, broken())).toThrow('no more');
    expect(readFileSync(path, 'utf8')).toBe('first');
    writeWholeFile(path, 'second');
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(at)).toEqual(['file']);
  });

  it('replaces no folder, and needs one to stand in', () => {
    const at = folder();
    mkdirSync(join(at, 'taken'));
    writeFileSync(join(at, 'taken', 'inside'), '');
    expect(() => writeWholeFile(join(at, 'taken'), 'x')).toThrow();
    expect(() => writeWholeFile(join(at, 'missing', 'file'), 'x')).toThrow(/ENOENT/);
    expect(readdirSync(at)).toEqual(['taken']);
  });

  it.skipIf(process.getuid?.() === 0)(
    'may stand in a folder that cannot be read, so not flushed (root reads all)',
    () => {
      const at = folder();
      chmodSync(at, 0o300);
      writeWholeFile(join(at, 'file'), 'x');
      expect(readFileSync(join(at, 'file'), 'utf8')).toBe('x');
      chmodSync(at, 0o700);
    },
  );
});

it('a folder that is not there cannot be flushed', () => {
  expect(() => flushFolder(join(root, 'missing'))).toThrow(/ENOENT/);
});
