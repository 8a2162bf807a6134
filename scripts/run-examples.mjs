/** Runs every example as a newcomer would, `node examples/NAME.mjs`, and fails when one does. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

for (const name of readdirSync('examples').filter((file) => file.endsWith('.mjs'))) {
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [`examples/${name}`], { encoding: 'utf8' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} examples/${name} ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (status !== 0) {
    console.log(`${stdout}${stderr}`);
    process.exitCode = 1;
  }
}
