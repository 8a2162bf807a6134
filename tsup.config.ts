import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

/**
 * Builds every package in one go: what a package exports (the `@taggant/source` conditions of its package.json),
 * `src/main.ts` behind a bin, and what worker threads begin with or import, `src/*-thread.ts` and `src/*-task.ts`, is what
 * gets built, as ES modules with nothing bundled in.
 * `TAGGANT_TYPES=1` adds the declarations that a release needs; running from the workspace does not.
 */
export default defineConfig(
  readdirSync('packages')
    .filter((name) => existsSync(`packages/${name}/package.json`))
    .map((name): Options => {
      const folder = `packages/${name}`;
      const { exports = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
      const sources = Object.values(exports as Record<string, Record<string, string> | string>).flatMap((target) =>
        typeof target === 'string' ? [] : target['@taggant/source'],
      );
      const named = readdirSync(`${folder}/src`).filter((file) => /^main\.ts$|-(thread|task)\.ts$/.test(file));
      const entry = [...sources, ...named.map((file) => `./src/${file}`)].map((source) => [
        source.slice('./src/'.length, -'.ts'.length),
        `${folder}/${source.slice(2)}`,
      ]);
      return {
        name,
        entry: Object.fromEntries(entry),
        outDir: `${folder}/dist`,
        tsconfig: 'tsconfig.json',
        format: 'esm',
        target: 'node20',
        platform: 'node',
        skipNodeModulesBundle: true,
        external: [/^@taggant\//],
        sourcemap: true,
        clean: true,
        silent: true,
        dts: process.env.TAGGANT_TYPES === '1' && Object.keys(exports).length > 0,
      };
    }),
);
