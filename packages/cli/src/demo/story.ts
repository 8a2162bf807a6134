/** What the demo shows: which texts are tested under which key, and what should come out. @module */
import { deriveKey, type Mark, type NativeMark, openMark, type Scheme, Secret, type Tokenizer } from '@taggant/core';
import { type Detection, detectText } from '@taggant/detector';
import { seededRandom } from '@taggant/verify';
import { paste, replaceWords, secondHalf } from './edits.ts';
import { UNRELATED_TEXT } from './unrelated-text.ts';

/** One text, tested. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  /** Whether the mark should be found. */
  readonly expected: boolean;
  readonly text: string;
  readonly tokens: Uint32Array;
  readonly detection: Detection;
}

export interface Keys {
  readonly marks: Readonly<Record<Scheme, NativeMark>>;
  /** The same green list under a key that marked nothing. */
  readonly wrong: Mark;
  readonly kid: string;
  readonly commitment: string;
}

/** Fresh keys, in memory. The secrets are dropped at once: only opened marks are left. */
export function freshKeys(tokenizer: Tokenizer): Keys {
  const secret = Secret.generate();
  const open = (scheme: Scheme, from = secret) => openMark({ scheme, tokenizer: tokenizer.id }, from);
  const { kid, commitment } = deriveKey(secret, 'greenlist');
  return {
    marks: { greenlist: open('greenlist'), gumbel: open('gumbel'), tournament: open('tournament') },
    wrong: open('greenlist', Secret.generate()),
    kid,
    commitment,
  };
}

export interface Texts {
  readonly marked: string;
  readonly unmarked: string;
  readonly gumbel: string;
  readonly tournament: string;
}

/** Every text goes the way of a real suspect: characters in, tokenizer, detector, no prompt. */
export function examine(texts: Texts, { marks, wrong }: Keys, tokenizer: Tokenizer, seed: number): readonly Row[] {
  const { marked, unmarked, gumbel, tournament } = texts;
  const test =
    (mark: Mark, expected: boolean) =>
    (id: string, title: string, text: string, note: string): Row => ({
      id,
      title,
      note,
      expected,
      text,
      tokens: tokenizer.encode(text),
      detection: detectText(text, mark, tokenizer, { details: true }),
    });
  const found = test(marks.greenlist, true);
  const absent = test(marks.greenlist, false);
  const replaced = replaceWords(marked, 0.2, unmarked, seededRandom(seed));
  return [
    found('marked', 'Marked text', marked, 'As the model wrote it.'),
    found('words-replaced', '20 % of its words replaced', replaced, 'Replaced by words of the unmarked text.'),
    found('half-deleted', 'Its first half deleted', secondHalf(marked), 'Only the second half is left.'),
    found(
      'pasted',
      'Pasted into another text',
      paste(marked, UNRELATED_TEXT),
      'In the middle of a text that is not marked.',
    ),
    absent('unmarked', 'Unmarked text', unmarked, 'The same model and prompt, without a mark.'),
    absent('unrelated', 'Unrelated text', UNRELATED_TEXT, 'It never met the model or the key.'),
    test(wrong, false)(
      'wrong-key',
      'Marked text, wrong key',
      marked,
      'The first text, tested under a key that marked nothing.',
    ),
    test(marks.gumbel, true)(
      'gumbel',
      'Gumbel mark, half as long',
      gumbel,
      'The same prompt under another scheme, half as long.',
    ),
    test(marks.tournament, true)(
      'tournament',
      'Tournament mark, half as long',
      tournament,
      'The same prompt under a third scheme, half as long.',
    ),
  ];
}

/** What came out otherwise than told, in words; empty when all is well. */
export function deviations(rows: readonly Row[]): readonly string[] {
  return rows
    .filter(({ expected, detection }) => (detection.verdict === 'marked') !== expected)
    .map(
      ({ title, expected, detection }) =>
        `"${title}" expected ${expected ? '' : 'anything but '}marked, got ${detection.verdict}`,
    );
}
