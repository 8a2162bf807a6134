/** `taggant probe` on answers from a file, from the plan to the check. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { expectError } from './command.ts';
import { answersOf, expectNoSecrets, keep, markOf, type Place, PROMPTS, places } from './probe-place.ts';

// Every command is a process of its own: on a busy machine dozens of them take minutes.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const place = places();
const all: Place[] = [];
/** A plan with what it needs, and both kinds of answers; the same with a finished run on marked answers. */
let planned: Place;
let finished: Place;
let kid: string;
let commitment: string;
const PLAN = ['probe', 'plan', 'plan.json', '--mark', 'mark.json', '--prompts', 'prompts.jsonl', '--offline'];
const RUN = ['probe', 'run', 'plan.json', '--answers', 'marked.jsonl'];

beforeAll(async () => {
  planned = place();
  ({ kid } = keep(planned));
  planned.write('mark.json', markOf(kid));
  planned.write('prompts.jsonl', PROMPTS);
  planned.write('marked.jsonl', await answersOf(planned, ['--mark', 'mark.json'], 1));
  planned.write('plain.jsonl', await answersOf(planned, ['--unmarked'], 2));
  expect(await planned.taggant(...PLAN, '--decoys', '200')).toMatchObject({ status: 0, stderr: '' });
  finished = copy(planned);
  const { stdout } = await finished.taggant('probe', 'commit', 'plan.json');
  commitment = /^commitment {2}([0-9a-f]{64})\n/.exec(stdout)?.[1] ?? 'none';
  const { status, stdout: words } = await finished.taggant(...RUN);
  finished.write('said.txt', words);
  expect(status).toBe(0);
});

afterAll(() => expectNoSecrets(all));

function copy(of: Place): Place {
  const at = place(of);
  all.push(at);
  return at;
}

describe.concurrent('a finished test', () => {
  it('says what was found and what that does not mean, and keeps everything in one folder', () => {
    const { read, path } = finished;
    expect(read('said.txt')).toMatch(/^Found: the suspect's answers follow our key/);
    expect(read('said.txt')).toMatch(/Of 201 keys, 1 scores at least as high/);
    expect(read('said.txt')).toContain('It is not the chance that the suspect is innocent.');
    const files = ['journal.jsonl', 'report.html', 'result.json', 'run.json', 'transcript.jsonl'];
    expect(readdirSync(path('plan.json.run')).sort()).toEqual(files);
  });

  it('was committed to by a file that tells nothing of the plan', () => {
    const { json, read } = finished;
    expect(json('plan.json.commitment.json').commitment).toBe(commitment);
    expect(read('plan.json.commitment.json')).not.toContain(json('plan.json').nonce);
  });

  it('opened without keys holds for who has the keyring, against the published commitment alone, and says so', async () => {
    const at = copy(finished);
    const { taggant, path, json } = at;
    // Opening takes no key unless it reveals them.
    const open = ['probe', 'open', 'plan.json', '--keyring', 'none.json', '--out'];
    expect(await taggant(...open, 'opened')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        /^taggant: opened holds no keys: only who has the keyring can check it; for another/,
      ),
    });
    expectError(await taggant(...open, 'revealed', '--reveal-keys'), /cannot read keyring none\.json: no such/);
    expect(existsSync(path('revealed'))).toBe(false);
    expect(readdirSync(path('opened'))).not.toContain('keys.json');
    const check = ['probe', 'check', 'opened', '--commitment'];
    expect(await taggant(...check, commitment)).toMatchObject({
      status: 0,
      stdout: 'All holds: every file, the order, the end and every figure.\n',
    });
    const other = 'f'.repeat(64);
    const refused = await taggant(...check, other);
    expect(refused).toMatchObject({ status: 1, stdout: expect.stringContaining(`published commitment ${other}`) });
    keep(at, 'other-keys.json', 7);
    for (const keyring of ['none.json', 'other-keys.json']) {
      expectError(
        await taggant(...check, commitment, '--keyring', keyring),
        new RegExp(
          `opened: this bundle does not hold the keys of its marks: give the keyring that has ${json('plan.json').marks[0].commitment} \\(--keyring\\), or have it opened with --reveal-keys`,
        ),
      );
    }
  });

  it('opened with its keys holds anywhere, burns the mark, and breaks with one changed byte', async () => {
    const { taggant, read, write, mode, path } = copy(finished);
    const opened = await taggant('probe', 'open', 'plan.json', '--out', 'opened', '--reveal-keys');
    expect(opened).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^taggant: warning: .* its mark: use a new key/),
    });
    expect(mode('opened/keys.json')).toBe(0o600);
    rmSync(path('taggant-keys.json'));
    expect(await taggant('probe', 'check', 'opened')).toMatchObject({ status: 0, stderr: '' });
    write('opened/transcript.jsonl', read('opened/transcript.jsonl').replace('"reply":"', '"reply":"A'));
    const torn = await taggant('probe', 'check', 'opened');
    expect(torn).toMatchObject({ status: 1, stdout: expect.stringMatching(/^transcript\.jsonl: sha256 expected/) });
  });

  it('is drawn as a page', async () => {
    const { taggant, read } = copy(finished);
    const drawn = await taggant('probe', 'report', 'plan.json.run', '--out', 'page.html');
    expect(drawn).toMatchObject({ status: 0, stdout: 'page.html\n' });
    expect(read('page.html')).toMatch(/^<!doctype html>[\s\S]*Found/i);
    const ofPlan = await taggant('probe', 'report', 'plan.json', '--out', 'other.html');
    expect(ofPlan).toMatchObject({ status: 0, stdout: 'other.html\n' });
    expect(read('other.html')).toBe(read('page.html'));
  });

  it('gives the same again when it is run again, and nothing when its plan was changed', async () => {
    const { taggant, read, json, write } = copy(finished);
    const [transcript, result] = [read('plan.json.run/transcript.jsonl'), json('plan.json.run/result.json')];
    const again = await taggant(...RUN, '--json');
    expect(JSON.parse(again.stdout)).toEqual(result);
    write('plan.json', { ...json('plan.json'), alpha: 0.05 });
    expectError(await taggant(...RUN), /journal\.jsonl belongs to another plan: its commitment is/);
    expect(read('plan.json.run/transcript.jsonl')).toBe(transcript);
    expect(json('plan.json.run/result.json')).toEqual(result);
  });
});

describe.concurrent('a run', () => {
  it('finds nothing in answers that carry no mark, and exits 3', async () => {
    const { taggant, json } = copy(planned);
    const { status, stdout } = await taggant('probe', 'run', 'plan.json', '--answers', 'plain.jsonl', '--json');
    const result = JSON.parse(stdout);
    expect(status).toBe(3);
    expect(result).toMatchObject({ probe: 'taggant/1', verdict: 'nothing-found', test: 'radioactivity' });
    expect(result).toMatchObject({ answers: { planned: 6, used: 6, answered: 6, failed: 0 } });
    expect(json('plan.json.run/result.json')).toEqual(result);
  });

  it.each([
    ['no commitment', [], /^taggant: warning: no plan\.json\.commitment\.json: nothing was committed to before/],
    ["another plan's", ['{}'], /^taggant: warning: plan\.json\.commitment\.json is not of this plan/],
  ] as const)('that nothing was committed to before says so and goes on (%s)', async (_, there, expected) => {
    const { taggant, write } = copy(planned);
    for (const text of there) write('plan.json.commitment.json', text);
    expect(await taggant(...RUN, '--json')).toMatchObject({ status: 0, stderr: expect.stringMatching(expected) });
  });

  it('while another one is under way is refused', async () => {
    const { taggant, path, write } = copy(planned);
    mkdirSync(path('plan.json.run'));
    write('plan.json.run/run.lock', `${process.pid}\n`);
    const expected = new RegExp(
      `plan\\.json: another run of this plan is under way \\(process ${process.pid}\\); wait`,
    );
    expectError(await taggant(...RUN), expected);
  });

  it('stops as soon as the e-value decides, where the plan lets it', async () => {
    const { taggant, json, write } = copy(planned);
    write('plan.json', { ...json('plan.json'), stopping: 'e-value', decoys: 0 });
    const { status, stdout } = await taggant(...RUN, '--json');
    const { answers, lnP } = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(answers.used).toBeLessThan(6);
    expect(lnP).toBeLessThanOrEqual(Math.log(1e-6));
    expect(json('plan.json.run/run.json')).toMatchObject({ end: 'stopped', used: answers.used });
  });

  const refusal =
    (change: (at: Place) => void, expected: RegExp, flags: readonly string[] = []) =>
    async () => {
      const at = copy(planned);
      change(at);
      expectError(await at.taggant(...RUN, ...flags), expected);
      expect(readdirSync(at.cwd)).not.toContain('plan.json.run');
    };

  it(
    'refuses other prompts than planned',
    refusal(({ write }) => write('prompts.jsonl', PROMPTS.replace('late', 'soon')), /prompts \(sha256\): planned "/),
  );

  it(
    'refuses another key than planned',
    refusal((at) => keep(at, 'other-keys.json', 7), /other-keys\.json holds no key whose commitment is [0-9a-f]{64}/, [
      '--keyring',
      'other-keys.json',
    ]),
  );
});

describe.concurrent('a plan', () => {
  it('in YAML has the commitment of the same plan in JSON', async () => {
    const { taggant, json, write } = copy(planned);
    write('plan.yaml', stringify(json('plan.json')));
    const { stdout } = await taggant('probe', 'commit', 'plan.yaml');
    expect(stdout).toContain(`commitment  ${commitment}\n`);
  });

  it('with a field twice is refused, in YAML and in JSON', async () => {
    const { taggant, read, write } = copy(planned);
    const twice = read('plan.json').replace('"alpha"', '"\\u0061lpha": 1e-30, "alpha"');
    write('twice.json', twice);
    write('twice.yaml', twice);
    expectError(
      await taggant('probe', 'commit', 'twice.json'),
      /twice\.json: "plan" expected each field of an object once, got "alpha" twice/,
    );
    expectError(await taggant('probe', 'commit', 'twice.yaml'), /twice\.yaml: expected YAML/);
  });

  it('that was written is not replaced, nor by its commitment', async () => {
    const { taggant, read, mode } = copy(planned);
    expect(mode('plan.json')).toBe(0o600);
    const before = read('plan.json');
    expectError(await taggant(...PLAN), /plan\.json exists already/);
    expectError(await taggant('probe', 'commit', 'plan.json', '--out', './plan.json'), /--out and the plan expected/);
    expect(read('plan.json')).toBe(before);
  });

  it('names no file outside its folder', async () => {
    const { taggant, path, cwd } = copy(planned);
    cpSync(path('prompts.jsonl'), `${cwd}.jsonl`);
    const flags = ['--mark', 'mark.json', '--prompts', `${cwd}.jsonl`, '--offline'];
    expectError(
      await taggant('probe', 'plan', 'new.json', ...flags),
      /expected in the folder of new\.json or below it: the plan names it by its path from there/,
    );
    expect(readdirSync(cwd)).not.toContain('new.json');
  });

  it('commits to keys of the keyring only, and to marks of one tokenizer', async () => {
    const { taggant, write } = copy(planned);
    write('inline.json', { ...markOf(kid), kid: undefined, secret: '09'.repeat(32) });
    write('bare.json', { ...markOf(kid), tokenizer: undefined });
    const plan = async (...marks: string[]) => {
      const flags = ['--prompts', 'prompts.jsonl', '--offline'];
      return taggant('probe', 'plan', 'new.json', '--mark', ...marks, ...flags);
    };
    expectError(await plan('inline.json'), /--mark expected a mark whose key is in the keyring/);
    expectError(await plan('mark.json', 'bare.json'), /--mark expected marks of one tokenizer, got "tiny-lm" and/);
  });
});

it('an error is one line that names the flag or the file', async () => {
  const { taggant, write } = copy(planned);
  write('empty.jsonl', '');
  const plan = ['plan', 'a.json', '--prompts', 'prompts.jsonl'];
  const mark = ['--mark', 'mark.json'];
  const run = ['run', 'plan.json'];
  const cases: [string[], RegExp][] = [
    [[...plan, '--offline'], /probe plan expected either --mark or --deck/],
    [[...plan, ...mark], /probe plan expected --endpoint and --model, or --offline/],
    [
      [...plan, ...mark, '--endpoint', 'https://me:hunter2@x.org/v1', '--model', 'm'],
      /baseUrl" expected an http\(s\) address without user, password/,
    ],
    [[...plan, ...mark, '--alpha', '2'], /'--alpha <p>'.*\(see taggant probe plan --help\)/],
    [['plan', 'a.json', '--prompts', 'empty.jsonl', ...mark, '--offline'], /empty\.jsonl holds no prompts/],
    [['served', 's.bin', ...mark, '--logs', 'empty.jsonl'], /--logs empty\.jsonl holds no texts/],
    [['accounts', 'none.json', '--add', 'prompts.jsonl'], /cannot read none\.json: no such file; --create makes one/],
    [['report', 'plan.json'], /plan\.json has no run yet in plan\.json\.run: give the folder of a run or a bundle/],
    [['check', 'nowhere', '--commitment', 'c0ffee'], /--commitment expected 64 hex digits, got other text/],
    [run, /probe run expected --answers/],
    [[...run, '--timeout', '0'], /'--timeout <seconds>'.*above 0/],
    [[...run, '--answers', 'marked.jsonl', '--out', 'no/where'], /no\/where: no such file or folder/],
    [['open', 'plan.json', '--out', 'o'], /cannot read plan\.json\.run\/transcript\.jsonl: no such file/],
    [['check', 'nowhere'], /cannot read nowhere\/plan\.json: no such file/],
  ];
  for (const [args, expected] of cases) expectError(await taggant('probe', ...args), expected);
});
