import { describe, expect, it } from 'vitest';
import { expectError, jsonLines, open, run, SECRET_HEX, temporaryFolder, writeTokens } from './command.ts';

const folder = temporaryFolder();
const cwd = folder.path;
const DESCRIPTOR = { mark: 'taggant/1', scheme: 'greenlist', gamma: '1/2', delta: 3, contextWidth: 2 } as const;
const ACCOUNT = 17_123;
const marked = writeTokens([open({ ...DESCRIPTOR, cohort: ACCOUNT })], 300, 1);
const plain = writeTokens([], 3000, 2);
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

folder.file('mark.json', { ...DESCRIPTOR, secret: SECRET_HEX });
folder.file('account.json', { ...DESCRIPTOR, cohort: ACCOUNT, secret: SECRET_HEX });
folder.file('layers.json', [{ ...DESCRIPTOR, secret: SECRET_HEX }]);
folder.file('ids.jsonl', line({ id: 'marked', tokens: marked }) + line({ id: 'plain', tokens: plain }));
folder.file('accounts.txt', `4\n\n${ACCOUNT}\n70000\n`);

const detect = (mark: string, ...args: string[]) =>
  run(['detect', '--mark', mark, '--tokens', 'ids.jsonl', ...args], { cwd });

describe.concurrent('taggant detect, searching', () => {
  it.each([
    [['--cohorts', '1-24000'], 'cohort', 24_000],
    [['--cohorts', 'accounts.txt'], 'cohort', 3],
    [['--decode', '15'], 'payload', 2 ** 15],
  ] as const)('%s names the number on the text, and none on another', async (args, noun, tests) => {
    const { status, stdout } = await detect('mark.json', ...args, '--json');
    const [found, none] = jsonLines(stdout);
    expect(found).toMatchObject({ id: 'marked', verdict: 'marked', [noun]: ACCOUNT, correction: { tests } });
    expect(none).toMatchObject({ id: 'plain', [noun]: null, correction: { method: 'bonferroni', tests } });
    expect(none?.verdict).not.toBe('marked');
    const candidates = found?.candidates as { lnP: number }[];
    expect(candidates[0]).toMatchObject({ [noun]: ACCOUNT, lnP: found?.lnP, p: found?.p, score: found?.score });
    expect(candidates[1]?.lnP).toBeGreaterThan(Math.log(1e-3));
    expect(status).toBe(0);
  });

  it('says in words who it was, and that p is corrected', async () => {
    const { stdout } = await detect('mark.json', '--cohorts', '1-24000');
    expect(stdout).toMatch(/^marked {8}marked {2}evidence, cohort 17123, p = .*, corrected for 24000 cohorts\n/);
    expect(stdout).not.toMatch(/^(not-marked|inconclusive).*cohort \d+, /m);
  });

  it("ranks the mark file's cohort among decoys", async () => {
    const { stdout } = await detect('account.json', '--decoys', '100000', '--json');
    const [found, none] = jsonLines(stdout);
    expect(found?.decoys).toMatchObject({ count: 131_072, atLeast: 1, lnP: Math.log(1 / 131_072) });
    expect(none).toMatchObject({ decoys: { count: 131_072 } });
    expect(none?.decoys).not.toMatchObject({ atLeast: 1 });
  });

  it('gives the same lines from two threads', async () => {
    const one = await detect('mark.json', '--cohorts', '0-5000', '--json');
    const two = await detect('mark.json', '--cohorts', '0-5000', '--json', '--threads', '2');
    expect(two.stdout).toBe(one.stdout);
  });

  it('refuses what makes no search', async () => {
    for (const range of ['5-2', '0-16777216']) {
      const refused = new RegExp(`--cohorts expected a rising range .*, such as 0-23999, got ${range}`);
      expectError(await detect('mark.json', '--cohorts', range), refused);
    }
    for (const none of ['1', '1,2', '1..5']) {
      const refused =
        /--cohorts expected a range \(0-23999; 7-7 is one cohort\), or a file .* got "1.*", which is neither/;
      expectError(await detect('mark.json', '--cohorts', none), refused);
    }
    expectError(await detect('-', '--cohorts', '-'), /stdin \(-\) can be read once only/);
    expectError(await detect('mark.json', '--cohorts', 'ids.jsonl'), /ids\.jsonl:1: expected an integer from 0/);
    expectError(await detect('mark.json', '--cohorts', '0-9', '--decode', '4'), /--cohorts or --decode, got both/);
    expectError(await detect('mark.json', '--decode', '25'), /an integer from 1 to 24/);
    expectError(await detect('mark.json', '--decoys', '5', '--decode', '4'), /--decoys ranks/);
    expectError(await detect('layers.json', '--decode', '4'), /expected one mark, got the layers of layers\.json/);
    expectError(await detect('mark.json', '--decode', '4', '--json', '--details'), /--details goes with one mark/);
  });
});
