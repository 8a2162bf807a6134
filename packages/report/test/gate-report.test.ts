/** Pages of gates. */
import { exportSecret } from '@taggant/core';
import { renderGateReport } from '@taggant/report';
import {
  checkFigures,
  checksInOrder,
  describeGate,
  describeLevels,
  describeTexts,
  type GateResult,
} from '@taggant/verify';
import { describe, expect, test } from 'vitest';
import {
  empty,
  failed,
  HOSTILE,
  hostile,
  huge,
  passed,
  secret,
  undecided,
} from '../../verify/test/outputs-fixtures.ts';
import { unescaped } from './fixtures.ts';

const loose: GateResult = { ...failed, survival: failed.survival.filter(({ rate }) => rate === undefined) };
const many: GateResult = {
  ...huge,
  checks: huge.checks.slice(0, 40),
  survival: Array.from({ length: 60 }, (_, i) => ({
    ...failed.survival[i % 4],
    attack: `attack-${i % 30}`,
    tokens: i < 30 ? 100 : 200,
  })),
};
const none: GateResult = {
  ...failed,
  power: failed.power.map((point) => ({ ...point, found: 0, n: 0, low: 0, high: 1 })),
  survival: [{ ...failed.survival[0], found: 0, n: 0, low: 0, high: 1 }],
};
const all = { failed, passed, undecided, empty, hostile, loose, many, none };
const pages = new Map(
  await Promise.all(Object.values(all).map(async (result) => [result, await renderGateReport(result)] as const)),
);
const pageOf = (result: GateResult) => pages.get(result)!;

const visible = (page: string) => unescaped(page.replace(/<style>.*?<\/style>/s, '').replace(/<[^>]*>/g, ''));
const rows = (page: string) =>
  [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => visible(row).replace(/\s+/g, ' ').trim());

describe('the page says', () => {
  test('the verdict, what it rests on, and what the texts carry', () => {
    for (const result of [failed, passed, undecided]) {
      const text = visible(pageOf(result));
      const verdict = describeGate(result);
      for (const words of [
        ...verdict.split(/(?<=:)/),
        describeTexts(result),
        describeLevels(result),
        ...result.findings,
      ]) {
        expect(text).toContain(words);
      }
      expect(pageOf(result)).toContain(`<span class="badge ${result.outcome}">`);
    }
  });

  test('each check in a row, those that do not hold first, with what was measured and expected', () => {
    const table = rows(pageOf(failed)).slice(1, 1 + failed.checks.length);
    checksInOrder(failed.checks).forEach((check, i) => {
      const { id, title, outcome, message, n } = check;
      const { measured, bounds, expected } = checkFigures(check);
      for (const words of [title, id, outcome, measured, bounds, expected]) expect(table[i]).toContain(words);
      expect(table[i].endsWith(String(n))).toBe(true);
      if (outcome !== 'passed') expect(table[i]).toContain(message);
    });
  });

  test('the figures and what they are', () => {
    expect(rows(pageOf(failed))).toContain('tokens needed for p < 0.02, median (MarkMyWords)31');
  });
});

describe('a bar', () => {
  const bars = [
    ...pageOf(failed).matchAll(/<svg role="img" aria-label="([^"]*)" viewBox="0 0 180 18"[^>]*>(.*?)<\/svg>/gs),
  ];
  const numbers = (bar: string, pattern: RegExp) => [...bar.matchAll(pattern)].flatMap(([, ...all]) => all.map(Number));

  test('stands where there is something to compare, and says its numbers to those who do not see it', () => {
    const drawn = checksInOrder(failed.checks).filter(({ expected, measured }) => expected && measured !== undefined);
    expect(bars.map(([, label]) => label)).toEqual(
      drawn.map((check) => {
        const { measured, bounds, expected } = checkFigures(check);
        const parts = [`measured ${measured}`, bounds && `bounds ${bounds}`, `expected ${expected}`];
        return parts.filter(Boolean).join(', ');
      }),
    );
  });

  test('has its interval beyond the limit when the check failed, across it when undecided, inside when passed', () => {
    const ordered = checksInOrder(failed.checks).filter(({ interval }) => interval);
    const drawn = bars.filter(([bar]) => bar.includes('stroke-width="5"'));
    expect(drawn).toHaveLength(ordered.length);
    ordered.forEach(({ outcome }, i) => {
      const [bar] = drawn[i];
      const [from, to] = numbers(bar, new RegExp(`class="${outcome}" x1="([\\d.]+)" x2="([\\d.]+)"`, 'g'));
      const [start, width] = numbers(bar, /class="allowed" x="([\d.]+)" y="1" width="([\d.]+)"/g);
      const isInside = from >= start && to <= start + width;
      const isOutside = to < start || from > start + width;
      expect([isInside, isOutside]).toEqual([outcome === 'passed', outcome === 'failed']);
      for (const place of [from, to, start, start + width]) {
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThanOrEqual(180.1);
      }
    });
  });
});

describe('curves', () => {
  const plots = (result: GateResult) =>
    [...pageOf(result).matchAll(/<svg role="img" aria-label="(Share|Texts)[^"]*".*?<\/svg>/gs)].map(([plot]) => plot);
  const lines = (plot: string) => plot.match(/<path [^>]*stroke-width="1.75"/g)?.length ?? 0;
  const bands = (plot: string) => plot.match(/<path [^>]*fill="var\(--c\d\)"[^>]*opacity="0.16"/g)?.length ?? 0;

  test('one line for each alpha with its band, and one for each attack that has a rate', () => {
    const [wide, narrow, survival] = plots(failed);
    for (const plot of [wide, narrow]) {
      expect([lines(plot), bands(plot)]).toEqual([2, 2]);
      for (const alpha of ['alpha = 0.001', 'alpha = 1e-6']) expect(visible(plot)).toContain(alpha);
    }
    expect([lines(survival), bands(survival)]).toEqual([5, 0]);
    expect(visible(survival)).toContain('no rate');
    for (const { attack } of failed.survival) expect(visible(survival)).toContain(attack);
  });

  test('say all their shares to those who do not see them', () => {
    const [power, , survival] = plots(failed);
    expect(power).toContain('alpha = 1e-6: 25: 0.02083, 50: 0.3125, 75: 0.6458');
    expect(survival).toContain('delete: 0.1: 0.9167, 0.2: 0.7708');
    expect(survival).toContain('lowercase: 0.5417.');
  });

  test('a picture for each length and alpha of texts that were attacked', () => {
    const heads = [...pageOf(many).matchAll(/<h3>(Texts of .*?)<\/h3>/g)].map(([, head]) => head);
    expect(heads).toEqual(['Texts of 100 tokens, alpha = 1e-6', 'Texts of 200 tokens, alpha = 1e-6']);
  });

  test('attacks without a rate alone, or no points at all, are no reason to fail', () => {
    expect(visible(plots(loose)[2])).toContain('no rate');
    expect(visible(plots(loose)[2])).not.toContain('rate of the attack');
    expect(plots(none)).toEqual([]);
    expect(plots(empty)).toEqual([]);
    expect(pageOf(empty)).toContain('No check was asked for.');
  });
});

describe('whatever things are called', () => {
  test('hostile deployments, checks, attacks and findings stay text', () => {
    const page = pageOf(hostile);
    const tags = new Set([...page.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, name]) => name.toLowerCase()));
    for (const tag of ['script', 'img', 'iframe', 'link', 'object', 'base', 'form', 'a'])
      expect(tags).not.toContain(tag);
    expect(page.match(/<\/style/g)).toHaveLength(1);
    expect(page.match(/<\/title/g)).toHaveLength(1);
    expect(page.replace(/"[^"]*"/g, '').match(/<[^>]*\son[a-z]+=/gi)).toBeNull();
    expect(unescaped(page)).toContain(`<h1><bdi>${HOSTILE.replace('\0', '\ufffd')}`);
  });

  test('elements nest and close, and every attribute has its quotes', () => {
    for (const whole of pages.values()) {
      const open: string[] = [];
      const page = whole.replace(/<style>.*?<\/style>/s, '').replace('<!doctype html>', '');
      const tag = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"]*")?)*)\s*(\/?)>/g;
      for (const [, closing, name, , isEmpty] of page.matchAll(tag)) {
        if (closing) expect(open.pop()).toBe(name);
        else if (!isEmpty && name !== 'meta') open.push(name);
      }
      expect(open).toEqual([]);
      expect(page.replace(tag, '')).not.toMatch(/[<>]/);
    }
  });

  test('every picture has a name, and every column and row a head', () => {
    for (const page of pages.values()) {
      for (const [svg] of page.matchAll(/<svg[^>]*>/g)) expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
      for (const [head] of page.matchAll(/<th[\s>][^>]*>/g)) expect(head).toContain('scope=');
    }
  });
});

describe('the page', () => {
  test('asks nobody for anything', () => {
    for (const [result, page] of pages) {
      expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
      if (result !== hostile) expect(page.match(/https?:|url\(|@import|\ssrc="|srcset=|<link/gi)).toBeNull();
    }
  });

  test('holds no secret', () => {
    for (const page of pages.values()) expect(page).not.toContain(exportSecret(secret));
  });

  test('of the same result is the same', async () => {
    expect(await renderGateReport(failed)).toBe(pageOf(failed));
  });

  test('prints no NaN, undefined or Infinity', () => {
    for (const page of pages.values()) expect(page.match(/NaN|undefined|Infinity/g)).toBeNull();
  });
});
