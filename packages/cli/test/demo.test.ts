/** The demo through the real command, and the edits that it makes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '@taggant/verify';
import { describe, expect, it } from 'vitest';
import { paste, replaceWords, secondHalf } from '../src/demo/edits.ts';
import { run, temporaryFolder } from './command.ts';

describe('taggant demo', () => {
  it('comes out as told, and leaves a report, the mark without its secret, and the texts', async () => {
    const cwd = temporaryFolder().path;
    const { status, stdout } = await run(['demo', '--json', '--tokens', '300'], { cwd });
    const { ok, texts, report, mark } = JSON.parse(stdout);
    expect({ status, ok }).toEqual({ status: 0, ok: true });
    expect(texts).toHaveLength(9);
    expect(texts.filter(({ verdict }: { verdict: string }) => verdict === 'marked')).toHaveLength(6);
    expect(readFileSync(join(cwd, report), 'utf8')).toContain('</html>');
    const written = JSON.parse(readFileSync(join(cwd, 'taggant-demo', 'mark.json'), 'utf8'));
    expect(written).toEqual(mark);
    expect(Object.keys(written)).not.toContain('secret');
    expect(existsSync(join(cwd, 'taggant-keys.json'))).toBe(false);
  });

  it('says so at once when its folder cannot be made', async () => {
    const { status, stderr } = await run(['demo', '--out', '/proc/nowhere'], { cwd: temporaryFolder().path });
    expect(status).toBe(2);
    expect(stderr).toContain('/proc/nowhere');
  });
});

describe('edits', () => {
  const text = Array.from({ length: 100 }, (_, i) => `word${i}`).join(' ');

  it('replaces the share of words that it says, and leaves the others in their places', () => {
    const edited = replaceWords(text, 0.2, 'other', seededRandom(1)).split(' ');
    const kept = edited.filter((word, i) => word === `word${i}`);
    expect(edited).toHaveLength(100);
    expect(kept).toHaveLength(80);
    expect(edited.filter((word) => word === 'other')).toHaveLength(20);
  });

  it('halves by words, and pastes after a sentence', () => {
    expect(secondHalf(text).split(' ')).toEqual(text.split(' ').slice(50));
    expect(paste('MARKED', 'One. Two. Three. Four.')).toBe('One. Two.\n\nMARKED\n\nThree. Four.');
  });
});
