/** The summary for pull requests, as GitHub's Markdown is rendered. */
import { checksInOrder, type GateResult, gateMarkdown } from '@taggant/verify';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { all, empty, failed, HOSTILE, hostile, huge, passed } from './outputs-fixtures.ts';

const html = (markdown: string) =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"' };
/** What a reader sees. */
const textOf = (page: string) => page.replace(/<[^>]*>/g, '').replace(/&(?:lt|gt|amp|quot);/g, (one) => ENTITIES[one]);
const cellsOf = (page: string) =>
  [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => textOf(cell)),
  );

/** All that our own words make. */
const TAGS = [
  ...['h2', 'h3', 'p', 'strong', 'code', 'ul', 'li', 'details', 'summary'],
  ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
];

describe('a reader finds', () => {
  test('the verdict first', () => {
    expect(html(gateMarkdown(failed))).toMatch(
      /^<h2>Watermark gate: failed<\/h2>\n<p><strong>Failed<\/strong>: 1 of 9 /,
    );
    expect(html(gateMarkdown(passed))).toMatch(/^<h2>Watermark gate: passed<\/h2>/);
  });

  test('each check in a row, those that do not hold first, and their messages below', () => {
    const page = html(gateMarkdown(failed));
    const rows = cellsOf(page);
    expect(rows[0]).toEqual(['Outcome', 'Check', 'Measured', 'Bounds', 'Expected', 'n']);
    const ordered = checksInOrder(failed.checks);
    ordered.forEach(({ outcome, title, n }, i) => {
      const row = rows[i + 1];
      expect([row[0], row[1], row[5]]).toEqual([outcome, title, String(n)]);
    });
    expect(rows[1].slice(2)).toEqual(['0.3125', '0.1982 to 0.4471', 'at least 0.9', '96']);
    const items = [...page.matchAll(/<li>(.*?)<\/li>/gs)].map(([, item]) => textOf(item));
    ordered
      .filter(({ outcome }) => outcome !== 'passed')
      .forEach(({ outcome, title, id, message }, i) => {
        expect(items[i]).toBe(`${outcome}: ${title} (${id}): ${message}`);
      });
    expect(items[3]).toBe(failed.findings[0]);
  });

  test('the curves folded away, each point of them', () => {
    const page = html(gateMarkdown(failed));
    expect(page.match(/<details>/g)).toHaveLength(3);
    expect(page.match(/<\/details>/g)).toHaveLength(3);
    const rows = cellsOf(page);
    for (const { tokens, found, n } of failed.power) {
      expect(rows).toContainEqual([String(tokens), expect.any(String), `${found} of ${n}`, expect.any(String)]);
    }
    for (const { attack, rate, found } of failed.survival) {
      const cells = [attack, rate === undefined ? '' : String(rate), '200', '1e-6', `${found} of 96`];
      expect(rows).toContainEqual([...cells, expect.any(String)]);
    }
  });

  test('nothing where there is nothing', () => {
    expect(gateMarkdown(empty)).not.toMatch(/<details>|\|/);
    expect(gateMarkdown(passed)).not.toContain('###');
  });
});

describe('whatever things are called', () => {
  test('it makes no markup, and is read as it was written', () => {
    const markdown = gateMarkdown(hostile);
    const page = html(markdown);
    const tags = new Set([...page.matchAll(/<\/?([a-z][a-z0-9]*)[^>]*>/gi)].map(([, tag]) => tag));
    for (const tag of tags) expect(TAGS).toContain(tag);
    expect(page.match(/<details>/g)).toHaveLength(3);
    const rows = cellsOf(page).slice(1, 1 + hostile.checks.length);
    for (const row of rows) {
      expect(row).toHaveLength(6);
      expect(row[1].replaceAll('\u200b', '')).toMatch(/^\d <\/failure><script>alert\('x'\)<\/script> .*…$/);
    }
    const [finding] = [...page.matchAll(/<li>(<\/?|&lt;)\/failure.*?<\/li>/gs)].map(([item]) => textOf(item));
    expect(finding.replaceAll('\u200b', '')).toContain('**bold** _it_ ~~gone~~ [link](https://evil.example) ![i](x)');
  });

  test('it mentions nobody, refers to nothing and links nowhere, after the Markdown either', () => {
    const text = textOf(html(gateMarkdown(hostile)));
    expect(text).toContain('octocat');
    expect(text).not.toMatch(/@[a-z0-9]|#\d|:\/\/|:[a-z]+:|www\./i);
  });

  test('no text breaks out of its cell, item or line', () => {
    const small = {
      ...failed,
      checks: failed.checks.slice(1, 2),
      power: failed.power.slice(0, 1),
      survival: failed.survival.slice(0, 1),
      figures: {},
    };
    const rows = cellsOf(html(gateMarkdown(small))).length;
    fc.assert(
      fc.property(markdownish(), (words) => {
        const result: GateResult = {
          ...small,
          deployment: words,
          checks: small.checks.map((check) => ({ ...check, title: words, message: words, id: words })),
          survival: small.survival.map((point) => ({ ...point, attack: words })),
          findings: [words],
        };
        const page = html(gateMarkdown(result));
        expect(cellsOf(page)).toHaveLength(rows);
        expect(page.match(/<li>/g)).toHaveLength(2);
        for (const [, tag] of page.matchAll(/<\/?([a-z][a-z0-9]*)[^>]*>/gi)) expect(TAGS).toContain(tag);
      }),
      { numRuns: 200 },
    );
  });
});

describe('GitHub takes it', () => {
  test('no comment is longer than 65,536 characters, however much there is', () => {
    const long = {
      ...hostile,
      checks: Array.from({ length: 500 }, (_, i) => ({ ...hostile.checks[i % 9], message: HOSTILE.repeat(9) })),
    };
    for (const result of [...Object.values(all), long]) expect(gateMarkdown(result).length).toBeLessThanOrEqual(65_536);
    expect(gateMarkdown(huge).length).toBeGreaterThan(60_000);
  });

  test('what does not fit is counted, curves go before checks, and all that was opened is closed', () => {
    for (const failures of [9, 900]) {
      const checks = huge.checks.map((check, i) => ({
        ...check,
        outcome: i < failures ? ('failed' as const) : ('passed' as const),
      }));
      const page = html(gateMarkdown({ ...huge, checks }));
      const rows = cellsOf(page);
      const [items, listed] = [
        page.match(/<li>/g)?.length ?? 0,
        rows.filter(([outcome]) => /^(passed|failed)$/.test(outcome)).length,
      ];
      const left = [...textOf(page).matchAll(/(\d+) more left out/g)].map(([, count]) => Number(count));
      const attacks = new Set(huge.survival.map(({ attack }) => attack));
      const curves = [
        huge.power.length - rows.filter((cells) => cells.length === 4 && cells[0] !== 'Tokens').length,
        huge.survival.length - rows.filter(([attack]) => attacks.has(attack)).length,
      ];
      const lost = [checks.length - listed, failures + huge.findings.length - items, ...curves];
      expect(curves[0]).toBe(huge.power.length);
      expect(left).toEqual(lost.filter((count) => count > 0));
      expect(textOf(page)).toContain(huge.findings[0]);
      expect(page.match(/<details>/g)?.length).toBe(3);
      expect(page.match(/<\/details>/g)?.length).toBe(3);
      if (failures === 9) expect(items).toBe(failures + huge.findings.length);
    }
  });
});

/** Random text of what Markdown and GitHub read. */
function markdownish() {
  const pieces = [
    ...'|`*_~<>[]()!#@:$&\\-+=. \n\t12ab"\'^{}',
    '<b>',
    '<!--',
    '-->',
    '```',
    '&#124;',
    '&lt;',
    'https://a.b',
  ];
  return fc
    .array(fc.constantFrom(...pieces, '\r\n', '    ', '- ', '1. ', '> ', '| --- |', 'www.a.b', 'a@b.c'), {
      maxLength: 14,
    })
    .map((parts) => `x${parts.join('')}`.slice(1) || 'x');
}
