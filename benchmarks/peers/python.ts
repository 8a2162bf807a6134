/** The interpreter that the peers run in, set up when there is none. @module */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const VENV = here('../out/peers-venv');

/**
 * `TAGGANT_PEERS_PYTHON` if that is set, and taken as it is; otherwise a virtual environment in `benchmarks/out`, made
 * with `python3` and filled from PyPI with pinned versions the first time (some 6 GB on Linux).
 */
export function peersPython(): string {
  const given = process.env.TAGGANT_PEERS_PYTHON;
  if (given) {
    if (!existsSync(given)) throw new Error(`"TAGGANT_PEERS_PYTHON" expected an interpreter, got ${given}`);
    return given;
  }
  const python = `${VENV}/${process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python'}`;
  if (!existsSync(python)) run('python3', '-m', 'venv', VENV);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  run(python, ...pip, '-r', here('requirements.txt'));
  run(python, ...pip, '--no-deps', '-r', here('peers.txt'));
  return python;
}

function run(command: string, ...args: string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`"${command} ${args.join(' ')}" expected to exit with 0, got ${error ?? status}`);
}
