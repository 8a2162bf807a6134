import { defineConfig } from 'vitest/config';

const conditions = ['@taggant/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  // Packages resolve to their TypeScript sources, so that no test can run against a stale build.
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // vitest would leave one core idle.
    maxWorkers: '100%',
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
  },
});
