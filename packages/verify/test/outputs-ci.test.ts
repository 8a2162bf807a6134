/** The pipelines of examples/ci: their shell steps run here as a runner would run them, with the real command. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMark } from '@taggant/core';
import { readKeyringFile } from '@taggant/core/keyring-file';
import { tinyLmTokenizer } from '@taggant/tiny-lm';
import { GATE_SCHEMA, parseConfig } from '@taggant/verify';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { writeText } from './outputs-fixtures.ts';

const example = (name: string) => readFileSync(new URL(`../../../examples/ci/${name}`, import.meta.url), 'utf8');
const action = parse(example('github/action.yml'));
const workflow = parse(example('github/workflow.yml'));
const gitlab = parse(example('gitlab/.gitlab-ci.yml'));

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, string>;
  readonly env?: Record<string, string>;
  readonly 'working-directory'?: string;
}
const steps: readonly Step[] = action.runs.steps;

describe('the files', () => {
  test('pin every action by a whole version, and use no input or output that is not there', () => {
    const used = [...steps, ...workflow.jobs.verify.steps]
      .map(({ uses }: Step) => uses)
      .filter((uses) => uses !== undefined);
    for (const uses of used) expect(uses).toMatch(/^(\.\/|[a-z-]+\/[a-z/-]+@v\d+\.\d+\.\d+$)/);
    const names = [...example('github/action.yml').matchAll(/inputs\.([a-z-]+)/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(Object.keys(action.inputs)));
    const given = workflow.jobs.verify.steps.find(({ uses }: Step) => uses?.startsWith('./')).with;
    for (const name of Object.keys(given)) expect(action.inputs).toHaveProperty([name]);
  });

  test('put no expression into a script: what inputs hold cannot become a command', () => {
    for (const { run = '' } of [...steps, ...workflow.jobs.verify.steps]) expect(run).not.toContain('${{');
  });

  test('name a shell in each step of the action, as composite actions need', () => {
    for (const step of steps) expect(step.run === undefined || 'shell' in step).toBe(true);
  });

  test('have a config that the gate takes', () => {
    expect(parseConfig(JSON.parse(example('taggant.config.json')))).toMatchObject({ model: { folder: 'tiny-lm' } });
  });
});

describe('run', () => {
  let folder: string;
  beforeAll(() => {
    folder = projectOf();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('the action passes, and leaves a summary and all results', () => {
    const { status, outputs, summary, uploads } = runAction({ config: 'good.json' });
    expect(status).toBe(0);
    expect(outputs).toEqual({ status: '0', outcome: 'passed', sarif: 'true' });
    expect(summary).toMatch(/^## Watermark gate: passed\n/);
    expect(uploads).toEqual(['./taggant-results/taggant.sarif', './taggant-results']);
    for (const name of ['gate.json', 'junit.xml', 'taggant.sarif', 'summary.md', 'gate.html']) {
      expect(readFileSync(join(folder, 'taggant-results', name), 'utf8')).not.toBe('');
    }
    const result = JSON.parse(readFileSync(join(folder, 'taggant-results/gate.json'), 'utf8'));
    expect(new Ajv2020({ strict: false }).validate(GATE_SCHEMA, result)).toBe(true);
    expect(result.outcome).toBe('passed');
  });

  test('the action fails after it has uploaded, with an alert at the config', () => {
    const { status, outputs, summary, uploads } = runAction({ config: 'bad.json', results: 'other results' });
    expect(status).toBe(1);
    expect(outputs.outcome).toBe('failed');
    expect(summary).toMatch(/^## Watermark gate: failed\n/);
    expect(uploads).toEqual(['./other results/taggant.sarif', './other results']);
    const { runs } = JSON.parse(readFileSync(join(folder, 'other results/taggant.sarif'), 'utf8'));
    expect(runs[0].results[0]).toMatchObject({
      ruleId: 'detection',
      level: 'error',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'bad.json' } } }],
    });
  });

  test('the action fails with an error, and says so, where there is no result to upload', () => {
    const { status, outputs, summary, uploads } = runAction({ config: 'missing.json', results: 'none' });
    expect(status).toBe(2);
    expect(outputs).toEqual({ status: '2', outcome: 'error', sarif: 'false' });
    expect(summary).toMatch(/^## Watermark gate: error\n/);
    expect(uploads).toEqual(['./none']);
  });

  test('an input is a word to the command, not a script', () => {
    const { status } = runAction({ config: '$(touch broken); `touch broken`', results: 'odd; touch broken' });
    expect(status).toBe(2);
    expect(existsSync(join(folder, 'broken'))).toBe(false);
  });

  test('the job of GitLab ends as the gate does, and leaves the key nowhere', () => {
    for (const [config, status] of [
      ['good.json', 0],
      ['bad.json', 1],
    ] as const) {
      rmSync(join(folder, 'taggant-results'), { recursive: true, force: true });
      writeFileSync(join(folder, 'taggant.config.json'), readFileSync(join(folder, config)));
      const { before_script, script, after_script, artifacts } = gitlab.watermark;
      expect(before_script).toEqual(['npm ci']);
      const env = { TAGGANT_KEYRING: join(folder, 'keyring.json') };
      const ended = bash(script.join('\n'), folder, env);
      // Nothing but its progress.
      const others = ended.stderr.split('\n').filter((line) => line !== '' && !/^taggant: look \d of /.test(line));
      expect([ended.status, others]).toEqual([status, []]);
      expect(readFileSync(join(folder, artifacts.reports.junit), 'utf8')).toContain('classname="taggant.verify"');
      bash(after_script.join('\n'), folder, env);
      expect(existsSync(join(folder, 'taggant-keys.json'))).toBe(false);
    }
  });

  /** The steps as a runner takes them; what other actions would upload is listed. */
  function runAction(given: Record<string, string>) {
    const defaults = Object.entries(action.inputs as Record<string, { default: string }>).map(([name, input]) => [
      name,
      input.default,
    ]);
    const inputs: Record<string, string> = { ...Object.fromEntries(defaults), ...given };
    const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
    for (const file of Object.values(files)) writeFileSync(file, '');
    writeFileSync(join(folder, 'taggant-keys.json'), readFileSync(join(folder, 'keyring.json')), { mode: 0o600 });
    let outputs: Record<string, string> = {};
    const filled = (text: string) =>
      text.replaceAll(/\$\{\{ (inputs|steps\.gate\.outputs)\.([a-z-]+) \}\}/g, (_, from, name) => {
        const value = (from === 'inputs' ? inputs : outputs)[name];
        if (value === undefined) throw new Error(`no ${from}.${name}`);
        return value;
      });
    const uploads: string[] = [];
    let status = 0;
    for (const step of steps) {
      if (step.run === undefined) {
        const isSarif = step.uses?.includes('upload-sarif');
        if (!isSarif || outputs.sarif === 'true') uploads.push(filled(step.with?.path ?? step.with?.sarif_file ?? ''));
        continue;
      }
      const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(value)]));
      const cwd = join(folder, filled(step['working-directory'] ?? '.'));
      ({ status } = bash(step.run, cwd, { ...files, ...env }));
      if (step.id === 'gate') {
        expect(status).toBe(0);
        const lines = readFileSync(files.GITHUB_OUTPUT, 'utf8').trim().split('\n');
        outputs = Object.fromEntries(lines.map((line) => line.split('=', 2)));
      }
    }
    return { status, outputs, uploads, summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8') };
  }
});

/** As runners call it: docs.github.com, "Workflow syntax", `shell: bash`. */
function bash(script: string, cwd: string, env: Record<string, string>): { status: number; stderr: string } {
  const { status, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status: status ?? -1, stderr: stderr.replace(/^npm warn .*\n/gm, '') };
}

/** A project with taggant installed from its sources, a key, and texts that carry the mark or do not. */
function projectOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'taggant-ci-'));
  const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx');
  const taggant = `"${process.execPath}" --conditions=@taggant/source --import "${tsx}" "${main}"`;
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'node_modules/.bin/taggant'), `#!/bin/sh\nexec ${taggant} "$@"\n`);
  chmodSync(join(folder, 'node_modules/.bin/taggant'), 0o755);
  const made = bash(
    'npx --no-install taggant keygen --tokenizer tiny-lm --mark mark.json --keyring keyring.json',
    folder,
    {},
  );
  expect(made).toEqual({ status: 0, stderr: '' });

  const tokenizer = tinyLmTokenizer();
  const key = readKeyringFile(join(folder, 'keyring.json')).forDetection('greenlist');
  const mark = openMark(JSON.parse(readFileSync(join(folder, 'mark.json'), 'utf8')), key);
  const lines = (seed: number, own?: typeof mark) =>
    Array.from(
      { length: 32 },
      (_, i) => `${JSON.stringify({ tokens: writeText(own, [1, 2, 3], 80, seed + i) })}\n`,
    ).join('');
  expect(tokenizer.id).toEqual(mark.descriptor.tokenizer);
  writeFileSync(join(folder, 'marked.jsonl'), lines(1, mark));
  writeFileSync(join(folder, 'unmarked.jsonl'), lines(1001));
  const config = (outputs: string) => ({
    mark: 'mark.json',
    model: { outputs, unmarked: 'unmarked.jsonl' },
    maxTokens: 80,
    expect: { detection: [{ tokens: 80, alpha: 1e-3, least: 0.7 }], survival: [], falseAlarms: { most: 0.4 } },
  });
  writeFileSync(join(folder, 'good.json'), JSON.stringify(config('marked.jsonl')));
  writeFileSync(join(folder, 'bad.json'), JSON.stringify(config('unmarked.jsonl')));
  return folder;
}
