import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngineMark } from '@taggant/engines';
import { describe, expect, it } from 'vitest';
import { expectError, jsonLines, open, run, SECRET_HEX, temporaryFolder, writeTokens } from './command.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const native = { mark: 'taggant/1', scheme: 'greenlist', gamma: '1/4', delta: 4, contextWidth: 1 } as const;
const KEY = '12345678901234567';
const config = { greenlist_ratio: 0.25, bias: 4, seeding_scheme: 'lefthash', context_width: 1 };
const engine = { mark: 'hf/greenlist', config: { ...config, hashing_key: KEY }, vocabSize: 1000 };
const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
const line = (id: string, tokens: readonly number[]) => `${JSON.stringify({ id, tokens })}\n`;

folder.file('native.json', { ...native, gamma: '1/2', secret: SECRET_HEX });
folder.file('engine.json', JSON.stringify(engine).replace(`"${KEY}"`, KEY));
folder.file('native.jsonl', line('native', writeTokens([open(native)], 200, 1)));
folder.file('engine.jsonl', line('engine', writeTokens([openEngineMark(engine)], 200, 1)));
folder.file('plain.jsonl', line('plain', writeTokens([], 200, 2)));

describe('taggant scan', () => {
  it('finds a mark whose settings were written down wrong, and says what is wrong', async () => {
    const { status, stdout } = await run(['scan', '--mark', 'native.json', '--tokens', 'native.jsonl'], { cwd });
    expect(stdout).toMatch(
      /^found .*fits but not as its settings say: gamma 1\/4 \(set: 1\/2\).*corrected for 30 tests\.\n/,
    );
    expect(status).toBe(0);
  });

  it('says that nothing was found, and not that nothing is there', async () => {
    const { status, stdout } = await run(['scan', '--mark', 'native.json', '--tokens', 'plain.jsonl', '--json'], {
      cwd,
    });
    const [result] = jsonLines(stdout);
    expect(result).toMatchObject({ id: 'plain', verdict: 'nothing-found', tests: 30 });
    expect(status).toBe(3);
  });

  it("reads another engine's configuration, its key moved into a keyring beforehand, to the last digit", async () => {
    const moved = await run(
      ['keys', 'import', '--mark', 'engine.json', '--out', 'moved.json', '--keyring', 'keys.json', '--label', 'served'],
      { cwd },
    );
    expect(moved.status).toBe(0);
    expect(JSON.parse(read('moved.json'))).toEqual({
      ...engine,
      config,
      kid: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(read('keys.json')).toContain(KEY);
    folder.file('wrong.json', read('moved.json').replace('0.25', '0.5'));
    const detected = await run(
      ['detect', '--mark', 'moved.json', '--keyring', 'keys.json', '--tokens', 'engine.jsonl', '--json'],
      { cwd },
    );
    expect(jsonLines(detected.stdout)[0]).toMatchObject({ verdict: 'marked', mark: { mark: 'hf/greenlist' } });
    const found = await run(['scan', '--mark', 'wrong.json', '--keyring', 'keys.json', '--tokens', 'engine.jsonl'], {
      cwd,
    });
    expect(found.stdout).toMatch(
      /^found .*\(served\), fits but not as its settings say: greenlist_ratio 0\.25 \(set: 0\.5\)/,
    );
    for (const { stdout, stderr } of [moved, detected, found]) expect(stdout + stderr).not.toContain(KEY);
  });

  it('without marks, tries every key of the keyring', async () => {
    await run(['keygen', '--keyring', 'all.json', '--mark', 'first.json', '--scheme', 'gumbel', '--label', 'first'], {
      cwd,
    });
    const { status, stdout } = await run(['scan', '--keyring', 'all.json', '--tokens', 'plain.jsonl', '--json'], {
      cwd,
    });
    expect(jsonLines(stdout)[0]).toMatchObject({ verdict: 'nothing-found', tests: 5 });
    expect(status).toBe(3);
  });

  it("tries the file's own key, and shows neither it nor those of the keyring, right or wrong", async () => {
    folder.file('other.json', JSON.stringify({ ...engine, config: { ...config, hashing_key: '987654321098' } }));
    await run(['keys', 'import', '--mark', 'other.json', '--out', 'other-moved.json', '--keyring', 'two.json'], {
      cwd,
    });
    folder.file('half.json', JSON.stringify({ ...engine, config: { ...engine.config, greenlist_ratio: 0.5 } }));
    const own = await run(['scan', '--mark', 'half.json', '--keyring', 'two.json', '--tokens', 'engine.jsonl'], {
      cwd,
    });
    expect(own.stdout).toMatch(
      /^found .*key half\.json, fits but not as its settings say: greenlist_ratio 0\.25 \(set: 0\.5\)/,
    );
    const wrong = await run(
      ['scan', '--mark', 'other-moved.json', '--keyring', 'two.json', '--tokens', 'engine.jsonl', '--json'],
      { cwd },
    );
    expect(jsonLines(wrong.stdout)[0]).toMatchObject({ verdict: 'nothing-found' });
    for (const { stdout, stderr } of [own, wrong])
      expect(stdout + stderr).not.toMatch(new RegExp(`${KEY}|987654321098`));
    const again = await run(['keys', 'import', '--mark', 'other.json', '--out', 'x.json', '--keyring', 'two.json'], {
      cwd,
    });
    expectError(again, /has this key already, as kid [0-9a-f]{16}/);
    folder.file('both.json', JSON.stringify({ ...JSON.parse(read('other-moved.json')), config: engine.config }));
    const both = await run(['scan', '--mark', 'both.json', '--keyring', 'two.json', '--tokens', 'engine.jsonl'], {
      cwd,
    });
    expectError(both, /expected a "kid" or a key in "config", got both/);
  });

  it('reads numbers as they stand: long fractions are no keys', async () => {
    const third = JSON.stringify({
      ...engine,
      config: { ...engine.config, greenlist_ratio: 1 / 3, bias: 4.125 },
    });
    folder.file('third.json', third);
    const { stdout } = await run(
      ['scan', '--mark', 'third.json', '--tokens', 'engine.jsonl', '--json', '--keyring', 'no.json'],
      { cwd },
    );
    expect(jsonLines(stdout)[0]).toMatchObject({ verdict: 'found' });
  });

  it('prints the same with any number of threads', async () => {
    folder.file('both.jsonl', read('engine.jsonl') + read('plain.jsonl'));
    const scan = (threads: string) =>
      run(
        [
          ...['scan', '--mark', 'engine.json', 'native.json', '--tokens', 'both.jsonl', '--json'],
          ...['--threads', threads, '--top', '9'],
        ],
        { cwd },
      );
    const [one, three] = [await scan('1'), await scan('3')];
    expect(three).toEqual(one);
    expect(jsonLines(one.stdout)).toMatchObject([{ verdict: 'found' }, { verdict: 'nothing-found' }]);
  });

  it('--out writes the mark that fits, which detect takes with the key of the keyring', async () => {
    const scanned = await run(
      [
        ...['scan', '--mark', 'wrong.json', '--keyring', 'keys.json', '--tokens', 'engine.jsonl', '--json'],
        ...['--out', 'found.json'],
      ],
      { cwd },
    );
    const [{ findings }] = jsonLines(scanned.stdout) as [{ findings: [{ kid: string }] }];
    expect(JSON.parse(read('found.json'))).toMatchObject({ mark: 'hf/greenlist', kid: findings[0].kid });
    expect(read('found.json')).not.toContain(KEY);
    const detected = await run(
      ['detect', '--mark', 'found.json', '--keyring', 'keys.json', '--tokens', 'engine.jsonl', '--json'],
      { cwd },
    );
    expect(jsonLines(detected.stdout)[0]).toMatchObject({ verdict: 'marked', mark: { config } });
    const scan = (...args: string[]) =>
      run(['scan', '--mark', 'wrong.json', '--keyring', 'keys.json', ...args], { cwd });
    expectError(await scan('--tokens', 'engine.jsonl', '--out', 'found.json'), /found\.json exists already/);
    expectError(await scan('--tokens', 'engine.jsonl', '--out', 'keys.json'), /--out and --keyring expected two files/);
    expectError(await scan('--tokens', 'both.jsonl', '--out', 'two-found.json'), /--out goes with one text/);
    const none = await scan('--tokens', 'plain.jsonl', '--out', 'none-found.json');
    expect([none.status, none.stderr]).toEqual([3, expect.stringContaining('none-found.json is not written')]);
  });

  it('counts one test as one, and says of a text that is too short that it is', async () => {
    const exact = await run(['scan', '--mark', 'engine.json', '--tokens', 'engine.jsonl', '--exact'], { cwd });
    expect(exact.stdout).toMatch(/corrected for 1 test\./);
    folder.file('short.jsonl', line('short', [5]));
    const short = await run(['scan', '--mark', 'engine.json', '--tokens', 'short.jsonl', '--exact'], { cwd });
    expect([short.status, short.stdout]).toEqual([3, expect.stringContaining('The text is too short to be tested')]);
  });

  it('a key that everybody knows is imported with a warning, another without', async () => {
    const known = { ...engine, config: { ...config, hashing_key: 15485863 } };
    folder.file('known.json', known);
    const imported = (file: string) =>
      run(['keys', 'import', '--mark', file, '--out', `${file}.out`, '--keyring', `${file}.keys`], { cwd });
    expect(await imported('known.json')).toMatchObject({ status: 0, stderr: expect.stringMatching(/is no secret/) });
    expect(await imported('engine.json')).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses what it cannot scan, without showing a key', async () => {
    folder.file('bad.json', { ...engine, config: { ...engine.config, greenlist_ration: 0.25 } });
    const refuses = async (args: string[], message: RegExp) => expectError(await run(args, { cwd }), message);
    await refuses(['scan', '--mark', 'bad.json', '--tokens', 'plain.jsonl'], /unknown field "greenlist_ration"/);
    await refuses(['scan', '--mark', 'native.json'], /expected either --text or --tokens/);
    await refuses(['scan', '--tokens', 'plain.jsonl', '--keyring', 'none.json'], /no such file/);
    await refuses(['keys', 'import', '--mark', 'native.json', '--out', 'x.json'], /unknown mark "taggant\/1"/);
  });
});
