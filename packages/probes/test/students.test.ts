/** Real students (benchmarks/lab/students): small language models that learned from marked text, or did not. */
import { deriveKey, openMark, Secret } from '@taggant/core';
import { rankAmongKeys, searchCohorts } from '@taggant/detector';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { canaryTest, drawsOf } from '../../../benchmarks/lab/students/canaries.ts';
import { COHORT, MARKS, markOf } from '../../../benchmarks/lab/students/marks.ts';
import { xorshift } from '../../../benchmarks/lab/students/random.ts';
import {
  asked,
  DATA,
  pairsOf,
  read,
  readTest,
  servedContexts,
  transcriptOf,
} from '../../../benchmarks/lab/students/tests.ts';
import { exchangesOf, studentsOf } from '../../../benchmarks/lab/students/transcripts.ts';
import { Radioactivity } from '../src/index.ts';

const students = new Map(studentsOf(DATA).map((student) => [student.id, student]));
const lnOf = (p: number) => Math.log(p);
const asSuspect = (id: string) => {
  const student = students.get(id)!;
  return { student, lines: transcriptOf(DATA, student) };
};

describe('a student that learned 5 % of its text from each of six marked teachers', () => {
  const { student, lines } = asSuspect('s5-1');

  it('shows it in 20,160 tokens of text without logs, each context once', () => {
    const { audit, anytime, tokens } = asked(lines, 'cold', markOf('gumbel-w1'));
    expect(tokens).toBe(20_160);
    expect(audit.lnP).toBeLessThan(lnOf(1e-7));
    expect(anytime.lnE).toBeGreaterThan(-lnOf(1e-5));
  });

  it('shows it among contexts that were served under other keys, each pair once', () => {
    const served = servedContexts(DATA, student, 'gumbel-w1', 'independent');
    expect(asked(lines, 'cool', markOf('gumbel-w1'), { served }).power.lnP).toBeLessThan(lnOf(1e-10));
  });

  it('shows it among the contexts of the marked logs, by the e-value, which is exact for them', () => {
    const served = servedContexts(DATA, student, 'gumbel-w2', 'marked');
    expect(asked(lines, 'cold', markOf('gumbel-w2'), { served }).anytime.lnE).toBeGreaterThan(-lnOf(1e-7));
  });

  it('shows it on openings that nobody trained on', () => {
    expect(asked(lines, 'cool unseen', markOf('gumbel-w1')).audit.lnP).toBeLessThan(lnOf(1e-6));
  });

  it.each(['gumbel-w1', 'gumbel-w2', 'g4-d2-w2', 'g4-d3-w1', 'tournament-w1'])(
    'shows it when it reads the served texts: %s',
    async (id) => expect((await read(DATA, student, lines, id)).audit.lnP).toBeLessThan(lnOf(1e-5)),
  );
});

it.each(['s5-2', 's5-3'])('other seeds, trained after the temperature was chosen, show it too: %s', (id) => {
  const { audit, power } = asked(asSuspect(id).lines, 'cold', markOf('gumbel-w1'));
  expect(audit.lnP).toBeLessThan(lnOf(1e-5));
  expect(power.lnP).toBeLessThan(lnOf(1e-9));
});

it('more of our text shows more clearly: 5, 10 and 50 %', () => {
  const lnP = (id: string) => {
    const { lines } = asSuspect(id);
    return asked(lines, 'cool', markOf('gumbel-w1')).audit.lnP;
  };
  expect(lnP('s10-1')).toBeLessThan(2 * lnP('s5-1'));
  expect(lnP('s50-1')).toBeLessThan(2 * lnP('s10-1'));
});

it('half of the text from a green list shows without logs', () => {
  expect(asked(asSuspect('s50-1').lines, 'unseen', markOf('g4-d2-w1')).audit.lnP).toBeLessThan(lnOf(1e-10));
});

describe('what was done to the text, or by whom it was learned', () => {
  it('a fifth of the tokens replaced by neighbours: 5 % of it still shows, in text and while it reads', async () => {
    const { student, lines } = asSuspect('words5-1');
    expect(asked(lines, 'cool', markOf('gumbel-w1')).power.lnP).toBeLessThan(lnOf(1e-7));
    expect((await read(DATA, student, lines, 'gumbel-w1')).audit.lnP).toBeLessThan(lnOf(1e-15));
  });

  it('a student from nothing with a tokenizer of its own, 20 %: its answers are read with ours', () => {
    const { lines } = asSuspect('bpe20-1');
    expect(asked(lines, 'cool', markOf('gumbel-w1')).audit.lnP).toBeLessThan(lnOf(1e-40));
    expect(asked(lines, 'cool', markOf('g4-d2-w1')).power.lnP).toBeLessThan(lnOf(1e-6));
  });
});

describe('a student of human text', () => {
  const { student, lines } = asSuspect('s0-1');

  it.each(Object.keys(student.served))('shows nothing, whatever it is asked: %s', async (id) => {
    const served = servedContexts(DATA, student, id, 'independent');
    for (const ask of ['open', 'cool', 'cold', 'unseen']) {
      expect(asked(lines, ask, markOf(id), { served }).audit.lnP).toBeGreaterThan(lnOf(1e-3));
      expect(asked(lines, ask, markOf(id)).anytime.lnSup).toBeLessThan(-lnOf(1e-3));
    }
    expect((await read(DATA, student, lines, id)).audit.lnP).toBeGreaterThan(lnOf(1e-3));
  });
});

describe('a student that learned a fifth of its text from one account of 24,000', () => {
  const { student, lines } = asSuspect('account-1');
  const id = 'g4-d3-w1#13577';
  const accounts = { first: 1, count: 24_000 };

  it('names the account by what it writes, and nobody else', () => {
    const pairs = pairsOf(lines, markOf(id), ['cold', 'cool', 'cool unseen']);
    const { candidates } = searchCohorts(pairs, markOf(id), accounts);
    expect(candidates[0].name).toBe(COHORT);
    expect(candidates[0].lnP).toBeLessThan(lnOf(1e-6));
    expect(candidates[1].lnP).toBeGreaterThan(lnOf(1e-3));
  });

  it('names it more firmly by what it holds likeliest while it reads', async () => {
    const pairs = (await readTest(DATA, student, lines, id)).pairs();
    const { candidates } = searchCohorts(pairs, markOf(id), accounts);
    expect(candidates[0].name).toBe(COHORT);
    expect(candidates[0].lnP).toBeLessThan(lnOf(1e-15));
    expect(candidates[1].lnP).toBeGreaterThan(lnOf(1e-3));
  });

  it('nobody is named by a student that no account taught', () => {
    const pairs = pairsOf(asSuspect('s5-1').lines, markOf(id), ['cold', 'cool', 'cool unseen']);
    expect(searchCohorts(pairs, markOf(id), accounts).lnP).toBeGreaterThan(lnOf(1e-3));
  });
});

it('a tenth of the text, under a Gumbel mark of width 1, names its account by 20,160 tokens of text', () => {
  const mark = markOf('gumbel-w1#13577');
  const pairs = pairsOf(asSuspect('accounts10-1').lines, mark, ['cool']);
  const { candidates } = searchCohorts(pairs, mark, { first: 1, count: 24_000 });
  expect(candidates[0].name).toBe(COHORT);
  expect(candidates[0].lnP).toBeLessThan(lnOf(1e-20));
  expect(candidates[1].lnP).toBeGreaterThan(lnOf(1e-3));
});

describe('a student whose account was served canaries', () => {
  const { lines } = asSuspect('canary-1');

  it('is found by its account, among a thousand, and by nobody else', () => {
    const { candidates } = canaryTest(lines, drawsOf(1000), { statistic: 'hits', top: 2 });
    expect(candidates[0].account).toBe('acme');
    expect(candidates[0].lnPHits).toBeLessThan(lnOf(1e-20));
    expect(candidates[1].lnPHits).toBeGreaterThan(lnOf(1e-3));
  });

  it('a student of human text names no variant at all', () => {
    const { replies, lnP } = canaryTest(asSuspect('s0-1').lines, drawsOf());
    expect(replies).toMatchObject({ count: 512, usable: 0 });
    expect(lnP).toBe(0);
  });
});

describe('under keys that served nothing (seed "students.test")', () => {
  const random = xorshift('students.test');
  const bytes = () => Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));

  it.each(['g4-d2-w1', 'g4-d2-w2', 'gumbel-w1'])('p is uniform on text of every student: %s, 500 keys each', (id) => {
    for (const student of students.values()) {
      const pairs = pairsOf(transcriptOf(DATA, student), markOf(id), ['unseen']);
      const { ks } = rankAmongKeys(pairs, markOf(id), 500, bytes);
      expect(ks.lnP, student.id).toBeGreaterThan(lnOf(1e-4));
    }
  });

  it('the e-value reaches 100 at any moment in no more than 1 % of 600 runs', () => {
    const texts = [...students.values()]
      .map((student) => transcriptOf(DATA, student))
      .map((lines) => exchangesOf(lines, 'unseen'));
    let alarms = 0;
    for (let run = 0; run < 600; run++) {
      const key = deriveKey(Secret.fromBytes(bytes()), 'greenlist');
      const test = new Radioactivity(openMark(MARKS['g4-d2-w1'], key));
      const exchanges = texts[run % texts.length];
      for (let i = 0; i < 24; i++) test.add(exchanges[Math.floor(random() * exchanges.length)]);
      if (test.result().anytime.lnSup >= -lnOf(0.01)) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(binomialBand(600, 0.01, 0.999)[1]);
  });
});
