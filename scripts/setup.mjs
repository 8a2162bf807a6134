/**
 * The set-up behind `npm run demo` and `npm test`: installs what the lockfile names and builds the packages.
 * Needs Node and npm only; pnpm itself comes through npx at the version pinned in package.json.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const { packageManager } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`taggant: Node >= 20.19 expected, got ${process.versions.node}`);
  process.exit(2);
}

/** Runs pnpm quietly; prints what it said only if it failed. */
function pnpm(title, ...args) {
  const started = process.hrtime.bigint();
  process.stderr.write(`taggant: ${title} ... `);
  const { status, error, stdout, stderr } = spawnSync('npx', ['--yes', packageManager, ...args], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 1 << 28,
    env: { ...process.env, CI: 'true' },
  });
  if (error || status !== 0) {
    process.stderr.write(`failed\n${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`);
    process.exit(status || 1);
  }
  process.stderr.write(`${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)} s\n`);
}

pnpm('installing', 'install', '--frozen-lockfile', '--prefer-offline');
pnpm('building', 'run', 'build');
