/**
 * The set-up behind `npm run demo` and `npm test`: installs what the lockfile names and builds the packages.
 * Needs Node and npm only.
 */
import { pnpm } from './pnpm.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`taggant: Node >= 20.19 expected, got ${process.versions.node}`);
  process.exit(2);
}

step('installing', ['install', '--frozen-lockfile', '--prefer-offline'], { CI: 'true' });
step('building', ['exec', 'tsup']);

/** Quiet when it works; prints all it said when it fails. */
function step(title, args, env = {}) {
  const started = process.hrtime.bigint();
  process.stderr.write(`taggant: ${title} ... `);
  const { status, output } = pnpm(args, { env: { ...process.env, ...env } });
  process.stderr.write(`${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(1)} s\n`);
  if (status === 0) return;
  process.stderr.write(`taggant: ${title} failed\n${output}\n`);
  process.exit(1);
}
