import { exportSecret } from '@taggant/core';
import { detectTokens, formatP } from '@taggant/detector';
import { renderReport, tokenKinds } from '@taggant/report';
import { expect, test } from 'vitest';
import {
  greenlist,
  gumbel,
  heatMaps,
  markedTokens,
  marks,
  reportText,
  secret,
  tokenizer,
  tournament,
  unescaped,
} from './fixtures.ts';

const HOSTILE = `</script><script>alert(1)</script> <img src=x onerror="alert('x')"> </title></style>&amp; \u202e ]]> -->`;
const FOREIGN = 'Ein Kätzchen 🐈‍⬛ sagte: „日本語はむずかしい“ — 🜍🜎, 100\u00a0% — и всё.\r\n\ttwo\n\n\nlines ';

test('hostile texts, titles and notes stay text', async () => {
  const text = { ...reportText(HOSTILE, greenlist, HOSTILE), note: HOSTILE };
  const page = await renderReport({ title: HOSTILE, summary: HOSTILE, texts: [text], facts: [[HOSTILE, HOSTILE]] });
  const tags = new Set([...page.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, name]) => name.toLowerCase()));
  for (const tag of ['script', 'img', 'iframe', 'link', 'object', 'base', 'form']) expect(tags).not.toContain(tag);
  expect(page.match(/<\/style/g)).toHaveLength(1);
  expect(page.match(/<\/title/g)).toHaveLength(1);
  expect(page.replace(/"[^"]*"/g, '').match(/<[^>]*\son[a-z]+=/gi)).toBeNull();
  expect(heatMaps(page)).toEqual([HOSTILE]);
  expect(unescaped(page)).toContain(`<h1><bdi>${HOSTILE}</bdi></h1>`);
});

test('the heat map reads exactly as the text, in any script', async () => {
  const texts = [FOREIGN, 'plain words', ' ', '<', '\u{1f9d1}\u200d\u{1f9d1}', '\ufffd broken \ufffd'];
  const page = await renderReport({ title: 'Scripts', texts: texts.map((text) => reportText(text, greenlist)) });
  expect(heatMaps(page)).toEqual(texts);
});

test('every token appears once and in order, whatever the scheme', async () => {
  for (const mark of marks) {
    const text = reportText(Uint32Array.from([...markedTokens(mark, 60), ...tokenizer.encode(FOREIGN)]), mark);
    const page = await renderReport({ title: 'Tokens', texts: [text] });
    const named = [...page.matchAll(/token (\d+): /g)].map(([, number]) => Number(number));
    expect(named).toEqual(Array.from(text.tokens, (_, i) => i + 1));
  }
});

test("what is counted in the page is the detection's", async () => {
  const repetitive = 'one two three one two three one two three four';
  const texts = [
    reportText(markedTokens(greenlist, 120), greenlist),
    reportText(repetitive, greenlist),
    reportText(markedTokens(gumbel, 80), gumbel),
    reportText(markedTokens(tournament, 80), tournament),
  ];
  const page = await renderReport({ title: 'Counts', texts });
  const rows = [...page.matchAll(/<tr>\n<th scope="row">(.*?)<\/tr>/gs)].map(([row]) => row);
  const legends = [...page.matchAll(/<ul class="legend(.*?)<\/ul>/gs)].map(([legend]) => legend);
  texts.forEach(({ detection, tokens }, i) => {
    expect(rows[i]).toContain(`data-label="p">${formatP(detection.lnP)}<`);
    expect(rows[i]).toContain(`data-label="n">${detection.n}<`);
    expect(rows[i]).toContain(`data-label="z">${detection.z.toFixed(1)}<`);
    expect(rows[i]).toContain(`badge ${detection.verdict}"`);
    const counts = [...legends[i].matchAll(/<b>(\d+)<\/b>/g)].map(([, count]) => Number(count));
    const scored = counts.slice(0, -2);
    expect(sum(scored)).toBe(detection.n);
    expect(counts.slice(-2)).toEqual([detection.positions.withoutContext, detection.positions.repeated]);
    expect(sum(counts)).toBe(tokens.length);
  });
  expect(legends[0]).toMatch(new RegExp(`</span> green <b>${texts[0].detection.score}</b>`));
});

test('tokens without context and repeats are shown as not scored', () => {
  const tokens = Uint32Array.from([5, 6, 7, 8, 5, 6, 7, 9]);
  const detection = detectTokens(tokens, greenlist, { details: true });
  const kinds = tokenKinds({ ...detection, details: detection.details! });
  expect(kinds.map((kind) => (typeof kind === 'number' ? 'scored' : kind))).toEqual([
    ...['no-context', 'no-context', 'scored', 'scored', 'scored', 'scored', 'repeat', 'scored'],
  ]);
});

test('the same report gives the same page, alone or beside others', async () => {
  const report = () => ({
    title: 'Twice',
    texts: [reportText(markedTokens(gumbel, 60), gumbel), reportText(FOREIGN, greenlist)],
  });
  const first = await renderReport(report());
  const again = await Promise.all([report(), report(), report()].map(renderReport));
  expect(again).toEqual([first, first, first]);
});

test('the page asks nobody for anything', async () => {
  const page = await renderReport({ title: 'Alone', texts: [reportText(markedTokens(gumbel, 60), gumbel)] });
  expect(page.match(/https?:|url\(|@import|\ssrc=|srcset=|<link/gi)).toBeNull();
  expect([...page.matchAll(/href="([^"]*)"/g)].every(([, target]) => target.startsWith('#'))).toBe(true);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('the page holds no secret, no confidence and no verdict about persons', async () => {
  for (const mark of marks) {
    const page = await renderReport({ title: 'Limits', texts: [reportText(markedTokens(mark, 60), mark)] });
    const words = page.replace(/<[^>]*>/g, '');
    expect(words).not.toContain(exportSecret(secret));
    expect(words).not.toMatch(/confiden|certain|likely (written|generated)|probability that/i);
    expect(words).toContain('It does not say that a person wrote the text');
    expect(words).toContain('processed by something that holds the key');
  }
});

test('an empty text and one without any scored token are reported too', async () => {
  const page = await renderReport({ title: 'Nothing', texts: [reportText('', greenlist), reportText('a', greenlist)] });
  expect(page).toContain('The text is empty.');
  expect(page.match(/NaN|undefined|Infinity/g)).toBeNull();
});

test('scores that no key can give, from a broken mark, do not hang the report', async () => {
  const text = reportText('one two three four five six', greenlist);
  const { positions, scores } = text.detection.details!;
  const detection = { ...text.detection, lnP: -Infinity, details: { positions, scores: scores.map(() => 2) } };
  expect(await renderReport({ title: 'Broken', texts: [{ ...text, detection }] })).toContain('data-label="p">0<');
});

test('detections without details, or of other tokens, are refused', async () => {
  const text = reportText('one two three four', greenlist);
  const { details: _, ...bare } = text.detection;
  await expect(renderReport({ title: 'x', texts: [] })).rejects.toThrow(RangeError);
  await expect(renderReport({ title: 'x', texts: [{ ...text, detection: bare }] })).rejects.toThrow(/details: true/);
  await expect(renderReport({ title: 'x', texts: [{ ...text, tokens: text.tokens.slice(1) }] })).rejects.toThrow(
    /"texts\[0\]\.tokens" expected the \d+ tokens/,
  );
});

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
