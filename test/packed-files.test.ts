/** What a package opens beside its code is in the package that is published. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const packages = readdirSync('packages').filter((name) => readdirSync(`packages/${name}`).includes('package.json'));

/** Paths in the package, of all `new URL('...', import.meta.url)` that lead out of `src`. */
const openedBy = (name: string): string[] =>
  readdirSync(`packages/${name}/src`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const path = join(`packages/${name}/src`, file);
      const urls = readFileSync(path, 'utf8').matchAll(/^[^*/]*new URL\('(\.\.[^']*)', import\.meta\.url\)/gm);
      return [...urls].map(([, url]) => relative(`packages/${name}`, join(dirname(path), url)));
    })
    .filter((path) => !path.startsWith('src') && path !== 'package.json');

describe('what a package opens is published', () => {
  it('control: packages open files', () => expect(packages.flatMap(openedBy)).toContain('paraphraser'));

  it.each(packages)('%s', (name) => {
    const { files = [] } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
    for (const path of openedBy(name)) expect(files).toContain(path.split('/')[0]);
  });
});
