import { defineConfig, type Options } from 'tsup';

/** One build recipe for every package: ESM only, one file per entry, types beside it. */
export const library = (entry: string[], options: Options = {}) =>
  defineConfig({
    entry,
    format: 'esm',
    target: 'node20',
    platform: 'neutral',
    clean: true,
    sourcemap: true,
    treeshake: true,
    dts: process.env.TAGGANT_TYPES === '1',
    esbuildOptions: (esbuild) => {
      esbuild.conditions = [];
      esbuild.mainFields = ['module', 'main'];
    },
    ...options,
  });
