/** Runs the pinned pnpm through npx, so that nobody needs it installed: `node scripts/pnpm.mjs ARGS`. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const { packageManager } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

export function pnpm(args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync('npx', ['--yes', packageManager, ...args], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 1 << 28,
    ...options,
  });
  return { status: error ? 1 : status, output: `${stdout ?? ''}${stderr ?? ''}${error ? error.message : ''}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = pnpm(process.argv.slice(2), { stdio: 'inherit' }).status;
}
