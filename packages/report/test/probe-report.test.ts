/** Pages of probes whose results the real code computed. */
import { exportCanaryKey, exportSecret } from '@taggant/core';
import { formatP } from '@taggant/detector';
import { describeProbe, planCommitment } from '@taggant/probes';
import { type ProbeReport, renderProbeReport } from '@taggant/report';
import { describe, expect, test } from 'vitest';
import { unescaped } from './fixtures.ts';
import {
  accountsCase,
  canariesCase,
  canaryKey,
  green,
  gumbel,
  NONCE,
  probe,
  probeSecret,
  renamed,
  servedTo,
} from './probe-fixtures.ts';

const HOSTILE = `</script><script>alert(1)</script> <img src=x onerror="alert('x')"> </title></style>&amp; \u202e ]]> -->`;

const traced = probe({ marks: [green], share: 0.5 });
const innocent = probe({ marks: [green], learned: [], share: 0 });
const served = (() => {
  const one = { marks: [green], share: 0.5 };
  const plan = { served: { file: 's.bin', sha256: 'ab'.repeat(32), logs: 'independent' as const, weights: true } };
  return probe({ ...one, plan, materials: { served: servedTo(one) } });
})();
const two = probe({
  marks: [green, gumbel],
  learned: [gumbel],
  share: 0.3,
  plan: { stopping: 'e-value', statistic: 'pair', alpha: 1e-4 },
});
const named = accountsCase('greenlist', ['acme', HOSTILE]);
const canaries = canariesCase(['acme', HOSTILE, 'globex']);
const silent = probe({ marks: [green], learned: [], share: 0, count: 10, seed: 2, silent: true });
const all = { traced, innocent, served, two, accounts: named.report, canaries };

const pages = new Map(
  await Promise.all(
    [...Object.values(all), silent, renamed(two, HOSTILE), renamed(named.report, HOSTILE)].map(
      async (report) => [report, await renderProbeReport(report)] as const,
    ),
  ),
);
const pageOf = (report: ProbeReport) => pages.get(report)!;

const visible = (page: string) => unescaped(page.replace(/<style>.*?<\/style>/s, '').replace(/<[^>]*>/g, ''));
const rows = (page: string) =>
  [...page.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) => visible(row).replace(/\s+/g, ' ').trim());

describe('the page says', () => {
  test.each(Object.entries(all))(
    'the verdict, both propositions and the limits in the words of describeProbe: %s',
    async (_, report) => {
      const text = visible(pageOf(report));
      const { verdict, propositions, limits } = describeProbe(report.result);
      for (const words of [verdict.slice(verdict.indexOf(':') + 1), ...propositions, ...limits])
        expect(text).toContain(words);
    },
  );

  test('found of a suspect that learned, nothing found of one that did not', async () => {
    expect(pageOf(traced)).toContain('<span class="badge found"><span aria-hidden="true">●</span> Found:');
    expect(pageOf(innocent)).toContain(
      '<span class="badge nothing-found"><span aria-hidden="true">○</span> Nothing found:',
    );
  });

  test('the figures of the result, and which one decides', async () => {
    const [mark] = served.result.marks!;
    const page = pageOf(served);
    const table = rows(page);
    const { audit, power } = mark;
    const starts = (name: string) => table.find((row) => row.startsWith(name))!;
    expect(starts('Audit number each')).toContain(`${audit.n}${audit.score}`);
    expect(starts('Audit number each')).toMatch(new RegExp(`${formatP(audit.lnP)}$`));
    expect(starts('Audit number, weighted')).toContain(`${audit.weighted!.score}`);
    expect(starts('Audit number, weighted')).toMatch(new RegExp(`${formatP(audit.weighted!.lnP!)}$`));
    expect(starts('Power number each')).toMatch(new RegExp(`${formatP(power.lnP)}$`));
    expect(starts('Weighted e-value')).toContain(`${formatP(-mark.anytime.weighted!.lnSup, 'up')}`);
    expect(table.filter((row) => row.includes('decides'))).toEqual([starts('Audit number, weighted')]);
    expect(served.result.lnP).toBe(audit.weighted!.lnP);
    expect(visible(page)).toContain('The dotted line is weighted and the solid one is not');
    expect(mark.curve.at(-1)!.lnE).toBe(mark.anytime.weighted!.lnE);
  });

  test.each([
    ['fixed', 'context', 'Audit number'],
    ['fixed', 'pair', 'Power number'],
    ['e-value', 'context', 'E-value'],
  ] as const)('which number decides with %s stopping and statistic %s', async (stopping, statistic, name) => {
    const page = await renderProbeReport(
      probe({ marks: [green], share: 0.5, count: 20, plan: { stopping, statistic } }),
    );
    expect(
      rows(page)
        .filter((row) => row.includes('decides'))
        .map((row) => row.split(' decides')[0]),
    ).toEqual([name]);
  });

  test('that the e-value decides a run that was cut, and only its end one with logs that a tested key marked', async () => {
    const one = { marks: [green], share: 0.5, count: 20 };
    const rowThatDecides = (page: string) => rows(page).filter((row) => row.includes('decides'));
    const cut = await renderProbeReport(probe({ ...one, plan: { prompts: { ...traced.plan.prompts, count: 21 } } }));
    expect(rowThatDecides(cut)).toEqual([expect.stringMatching(/^E-value decides/)]);
    const logs = { file: 's.bin', sha256: 'ab'.repeat(32), logs: 'marked' as const, weights: false };
    const weak = { ...one, share: 0.3, seed: 3 };
    const marked = probe({ ...weak, plan: { served: logs }, materials: { served: servedTo(weak) } });
    const [{ anytime }] = marked.result.marks!;
    expect(anytime.lnE).toBeLessThan(anytime.lnSup);
    const page = await renderProbeReport(marked);
    expect(rowThatDecides(page)).toEqual([
      expect.stringMatching(new RegExp(`^E-value decides .*${formatP(-anytime.lnE, 'up')}$`)),
    ]);
    expect(visible(page)).toContain('decidesthe e-value at the end');
  });

  test('that no p but that of the e-value is a test, where the run could have stopped early', async () => {
    const sentence = 'The run could have stopped where the evidence was high: only the e-value allows for that.';
    expect(visible(pageOf(two)).split(sentence)).toHaveLength(1 + 2 * 2);
    expect(visible(pageOf(traced))).not.toContain(sentence);
  });

  test('where every token of the replies went', async () => {
    const [{ positions, tokens }] = served.result.marks!;
    const { scored, repeated, withoutContext, excluded } = positions;
    expect(scored + repeated + withoutContext + excluded.shown + excluded.notServed).toBe(tokens);
    for (const count of [scored, repeated, withoutContext, excluded.shown, excluded.notServed]) {
      expect(count).toBeGreaterThan(0);
      expect(pageOf(served)).toContain(`<td class="figure" data-label="">${count}</td>`);
    }
  });

  test('where the key stands among decoys, and whether their p-values are uniform', async () => {
    const { count, ks } = traced.result.marks![0].decoys!;
    const text = visible(pageOf(traced));
    expect(text).toContain(`Of ${count} keys, 1 scores at least as high`);
    expect(text).toContain(`(Kolmogorov-Smirnov p = ${formatP(ks.lnP)})`);
  });

  test('how the evidence builds up, by two lines for each mark, and which of them may be read anywhere', async () => {
    for (const report of [traced, two]) {
      const page = pageOf(report);
      const lines = [...page.matchAll(/<path [^>]*stroke="var\(--(?:not-)?marked\)"[^>]*stroke-width="1.75"[^>]*>/g)];
      const dashed = lines.filter(([line]) => line.includes('stroke-dasharray'));
      const marks = report.result.marks!.length;
      expect([lines.length, dashed.length]).toEqual([2 * 2 * marks, 2 * marks]);
      expect(visible(page)).toContain('a dotted line may be read, and the run stopped, anywhere');
      expect(visible(page)).toContain(`alpha = ${report.result.alpha.toExponential()}`);
    }
  });

  test('in several marks each with its own verdict, corrected for their number', async () => {
    const page = pageOf(two);
    const badges = [...page.matchAll(/<h3><span class="number">(\d)<.*?badge (found|nothing-found)"/g)];
    expect(badges.map(([, number, verdict]) => `${number} ${verdict}`)).toEqual(['1 nothing-found', '2 found']);
    expect(visible(page)).toContain('Both are corrected for the 2 marks.');
  });

  test('whom it tested and how, without the path of the endpoint', async () => {
    const page = await renderProbeReport({ ...traced, facts: [['report of', '3 May']] });
    const facts = Object.fromEntries(
      [...page.matchAll(/<dt>(.*?)<\/dt><dd><bdi>(.*?)<\/bdi>/g)].map(([, name, value]) => [name, value]),
    );
    expect(facts).toMatchObject({
      suspect: 'harrow-2',
      endpoint: 'api.example.com (chat)',
      parameters: 'temperature 0.7, max_tokens 200',
      answers: '90, 10 failed, of 100 asked and 100 planned',
      alpha: '1e-6',
      plan: planCommitment(traced.plan),
      key: traced.plan.marks![0].commitment,
      software: 'taggant 0.1.0',
      tokenizer: 'words',
      'report of': '3 May',
    });
    expect(page).not.toContain('acme');
  });
});

describe('accounts', () => {
  test('that are named stand first, with p and rank, and others say that they are not', async () => {
    const { named: those, best, tests } = named.report.result.accounts!;
    expect(those.map(({ id }) => id).sort()).toEqual([HOSTILE, 'acme'].sort());
    const page = pageOf(named.report);
    const table = rows(page).filter((row) => /^(account|tier) /.test(row));
    expect(table).toHaveLength(10);
    best.forEach(({ id, lnP, rank, score, z }, i) => {
      const state = i < 2 ? '● named' : '○ not named';
      expect(table[i]).toContain(id.replace(/\s+/g, ' '));
      expect(table[i]).toContain(`${state} ${score}${z.toFixed(1)}${formatP(lnP)}${rank.atLeast} of ${rank.count}`);
    });
    expect(visible(page)).toContain(`2 of ${tests} numbers are named`);
    expect(visible(page)).toContain('For this kind of mark it is proved');
  });

  test('have numbers that stand nowhere on the page', async () => {
    const page = pageOf(named.report);
    // Vega's coordinates are numbers, too; what a person reads is the rest.
    const read = visible(page.replace(/<svg.*?<\/svg>/gs, ''));
    const figures = new Set(read.match(/\d+/g));
    const ids = (named.report.result.accounts?.named ?? []).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(JSON.stringify(named.report.result)).not.toContain('"number"');
    const shown = ids.map((id) => String(named.assignment.account(id).number)).filter((number) => figures.has(number));
    expect(shown).toEqual([]);
  });

  test('of a tournament come with a weaker promise', async () => {
    const text = visible(await renderProbeReport(accountsCase('tournament', ['acme', 'globex'], 128).report));
    expect(text).toContain('For tournaments it is measured, not proved');
  });
});

describe('canaries', () => {
  test('say what was asked, what was usable, and how the accounts fare', async () => {
    const { triggers, replies, candidates, expectedHits } = canaries.result.canaries!;
    const table = rows(pageOf(canaries));
    expect(table).toContain(`Triggers asked${triggers.asked}`);
    expect(table).toContain(`Triggers with a usable reply, one that names one variant${triggers.answered}`);
    expect(table).toContain(`Replies that name several: they count for nothing${replies.several}`);
    expect(candidates.map(({ account }) => account)).toEqual(['acme', '(not named)', '(not named)']);
    const [first, second] = candidates;
    const at = table.findIndex((row) => row.startsWith('acme'));
    expect(table[at]).toMatch(
      new RegExp(`^acme ● found ${first.hits}${expectedHits.toFixed(1)}${formatP(first.lnPHits)}`),
    );
    expect(table[at + 1]).toContain(`○ not found ${second.hits}`);
  });

  test('have a curve of the best account, whom it does not name, and whose ends are the figures of the table', async () => {
    const { curve = [], candidates } = canaries.result.canaries!;
    const page = pageOf(canaries);
    const lines = [...page.matchAll(/<path [^>]*stroke="var\(--marked\)"[^>]*stroke-width="1.75"[^>]*>/g)];
    expect([lines.length, lines.filter(([line]) => line.includes('stroke-dasharray')).length]).toEqual([2 * 2, 2]);
    const p = `p = ${formatP(candidates[0].lnPHits)} and 1/e = ${formatP(-candidates[0].lnE)}`;
    expect(page).toContain(`aria-label="Evidence against prompts asked. the best account: ${p} after 128 prompts."`);
    expect(curve.at(-1)).toMatchObject({ replies: 128, lnP: candidates[0].lnPHits });
    expect(visible(page)).toContain('Both are of the account that is the best in the end, corrected for all 3.');
    expect(visible(page)).toContain('Solid: the exact p by hits of the first prompts.');
  });

  test('with e-values, or by all replies, say that these decide', async () => {
    const anytime = await renderProbeReport(canariesCase(['acme'], { stopping: 'e-value' }));
    expect(anytime).toContain('>e at most (decides)</th>');
    expect(visible(anytime)).toContain('decidesthe e-value');
    const cut = await renderProbeReport(
      canariesCase(undefined, { prompts: { ...canaries.plan!.prompts, count: 129 } }),
    );
    expect(cut).toContain('>e at most (decides)</th>');
    expect(visible(cut)).toContain('The run ended before all prompts were asked: only the e-value allows for that.');
    const counted = await renderProbeReport(canariesCase(undefined, { statistic: 'pair' }));
    expect(counted).toContain('>p by all replies (decides)</th>');
    expect(rows(counted).some((row) => row.startsWith('everybody ● found'))).toBe(true);
  });
});

describe('whatever things are called', () => {
  test('hostile titles, models, accounts, marks and facts stay text', async () => {
    for (const page of [...pages.values(), await renderProbeReport({ ...traced, facts: [[HOSTILE, HOSTILE]] })]) {
      const tags = new Set([...page.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, name]) => name.toLowerCase()));
      for (const tag of ['script', 'img', 'iframe', 'link', 'object', 'base', 'form']) expect(tags).not.toContain(tag);
      expect(page.match(/<\/style/g)).toHaveLength(1);
      expect(page.match(/<\/title/g)).toHaveLength(1);
      expect(page.replace(/"[^"]*"/g, '').match(/<[^>]*\son[a-z]+=/gi)).toBeNull();
    }
    const page = unescaped(await renderProbeReport(renamed(traced, HOSTILE)));
    expect(page).toContain(`<h1><bdi>${HOSTILE}</bdi></h1>`);
    expect(page).toContain(`<dt>suspect</dt><dd><bdi>${HOSTILE}</bdi></dd>`);
  });

  test('elements nest and close, and every attribute has its quotes', async () => {
    for (const whole of pages.values()) {
      const open: string[] = [];
      const page = whole.replace(/<style>.*?<\/style>/s, '').replace('<!doctype html>', '');
      for (const [tag, closing, name, , empty] of page.matchAll(
        /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"]*")?)*)\s*(\/?)>/g,
      )) {
        if (closing) expect([tag, open.pop()]).toEqual([tag, name]);
        else if (!empty && name !== 'meta') open.push(name);
      }
      expect(open).toEqual([]);
      const rest = page.replace(/<\/?[a-zA-Z][a-zA-Z0-9]*(?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"]*")?)*\s*\/?>/g, '');
      expect(rest).not.toMatch(/[<>]/);
    }
  });

  test('every plot has a name for those who do not see it, and every column and row a head', async () => {
    for (const page of pages.values()) {
      for (const [svg] of page.matchAll(/<svg[^>]*>/g)) expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
      for (const [head] of page.matchAll(/<th[\s>][^>]*>/g)) expect(head).toContain('scope=');
    }
  });
});

describe('the page', () => {
  test('asks nobody for anything', async () => {
    for (const page of pages.values()) {
      expect(page.match(/https?:|url\(|@import|\ssrc="|srcset=|<link/gi)).toBeNull();
      expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    }
  });

  test("holds no secret, neither key nor the plan's nonce", async () => {
    for (const page of pages.values()) {
      for (const secret of [exportSecret(probeSecret), exportCanaryKey(canaryKey), NONCE]) {
        expect(page).not.toContain(secret);
      }
    }
  });

  test('of the same report is the same, alone or beside others', async () => {
    for (const [report, page] of pages) expect(await renderProbeReport(report)).toBe(page);
    expect(new Set(pages.values()).size).toBe(pages.size);
  });

  test('prints no NaN, undefined or Infinity, not of a suspect that never answered either', async () => {
    for (const page of pages.values()) {
      expect(page.match(/NaN|undefined|Infinity/g)).toBeNull();
    }
  });

  test('stands without the plan, and is refused with another one', async () => {
    expect(visible(await renderProbeReport({ result: traced.result }))).toContain(traced.result.plan);
    await expect(renderProbeReport({ result: traced.result, plan: innocent.plan })).resolves.toBeTypeOf('string');
    await expect(renderProbeReport({ result: traced.result, plan: two.plan })).rejects.toThrow(/"plan" expected/);
  });
});
