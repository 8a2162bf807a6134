/** Builds every package as it would be released and checks it with publint and arethetypeswrong. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const run = (args, options = {}) =>
  spawnSync('npx', ['--no-install', ...args], { encoding: 'utf8', shell: process.platform === 'win32', ...options });

const built = run(['tsup'], { env: { ...process.env, TAGGANT_TYPES: '1' } });
let failed = report('build with types', built);
for (const name of readdirSync('packages')) {
  const folder = `packages/${name}`;
  if (!existsSync(`${folder}/package.json`)) continue;
  const { exports = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  failed |= report(`publint ${name}`, run(['publint', 'run', '--strict', '--pack', 'npm', folder]));
  if (Object.keys(exports).length > 0) {
    failed |= report(`types of ${name}`, run(['attw', '--pack', folder, '--profile', 'esm-only', '--no-emoji']));
  }
}
process.exitCode = failed;

function report(what, { status, stdout, stderr }) {
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${what}`);
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return status === 0 ? 0 : 1;
}
