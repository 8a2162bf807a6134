import { lnTail } from '@taggant/detector';
import { cumulativeEvidence, type DetailedDetection, levelOf } from '@taggant/report';
import { expect, test } from 'vitest';
import { markedTokens, marks, random, reportText } from './fixtures.ts';

const detailed = (detection: unknown) => detection as DetailedDetection;

test("the evidence ends at the detection's own p, at its last scored token", () => {
  for (const mark of marks) {
    const detection = detailed(reportText(markedTokens(mark, 90), mark).detection);
    const prefixes = cumulativeEvidence(detection);
    expect(prefixes).toHaveLength(detection.n + 1);
    expect(prefixes[0]).toEqual({ tokens: 0, lnP: 0 });
    expect(prefixes.at(-1)).toEqual({ tokens: 90, lnP: detection.lnP });
  }
});

test('each prefix is tested as if the text ended there', () => {
  for (const mark of marks) {
    const tokens = markedTokens(mark, 40);
    const prefixes = cumulativeEvidence(detailed(reportText(tokens, mark).detection));
    for (const { tokens: read, lnP } of prefixes.slice(1)) {
      expect(lnP).toBe(reportText(tokens.slice(0, read), mark).detection.lnP);
    }
  }
});

test('a correction for several tests is paid by every prefix', () => {
  const { detection } = reportText(markedTokens(marks[0], 90), marks[0]);
  const corrected = { ...detection, correction: { method: 'bonferroni', tests: 5 } };
  const last = cumulativeEvidence(detailed(corrected)).at(-1);
  expect(last?.lnP).toBeCloseTo(detection.lnP + Math.log(5), 12);
});

test('shades of Gumbel scores are as rare by chance as the legend says', () => {
  const next = random(3);
  const counts = [0, 0, 0, 0, 0];
  const trials = 200_000;
  for (let i = 0; i < trials; i++) counts[levelOf(-Math.log1p(-next()), { law: 'gamma', shape: 1 })]++;
  const shares = [1 / 2, 1 / 4, 3 / 16, 15 / 256, 1 / 256];
  // Five standard errors: a false alarm in about 300,000 runs; the seed is fixed anyway.
  shares.forEach((share, level) => {
    expect(Math.abs(counts[level] / trials - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / trials));
  });
});

test('tournament shades rise with the score and start where chance halves', () => {
  const law = { law: 'binomial', trials: 30, p: 0.5 } as const;
  const levels = Array.from({ length: 31 }, (_, score) => levelOf(score, law));
  expect(levels).toEqual(levels.toSorted((a, b) => a - b));
  expect(levels[0]).toBe(0);
  expect(levels[30]).toBe(4);
  const first = levels.indexOf(1);
  expect(lnTail(law, first, 1)).toBeLessThanOrEqual(-Math.LN2);
  expect(lnTail(law, first - 1, 1)).toBeGreaterThan(-Math.LN2);
});
