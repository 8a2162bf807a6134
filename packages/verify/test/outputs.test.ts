/** The result in words and in a terminal. */
import {
  checkFigures,
  checksInOrder,
  describeGate,
  figureName,
  formatFigure,
  type GateResult,
  gateTable,
} from '@taggant/verify';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { all, empty, failed, HOSTILE, hostile, passed, undecided } from './outputs-fixtures.ts';

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
const withoutColour = (text: string) => text.replaceAll(ESCAPE, '');

describe('in words', () => {
  test('the verdict says how many of how many', () => {
    expect(describeGate(failed)).toBe('Failed: 1 of 9 checks does not hold, 1 is undecided, 1 was skipped.');
    expect(describeGate(passed)).toBe('Passed: 6 of 6 checks hold.');
    expect(describeGate(undecided)).toBe('Undecided: 1 of 8 checks is undecided, 1 was skipped.');
    expect(describeGate(empty)).toBe('Passed: 0 of 0 checks hold.');
  });

  test('what does not hold stands first, the rest as it was', () => {
    const outcomes = checksInOrder(failed.checks).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['failed', 'undecided', ...Array(6).fill('passed'), 'skipped']);
    expect(checksInOrder(passed.checks)).toEqual(passed.checks);
  });

  test('bounds that are shown hold: they are rounded outwards, and by less than a thousandth', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }), (value) => {
        const slack = 1e-11 * Math.abs(value);
        const [down, up] = [Number(formatFigure(value, 'down')), Number(formatFigure(value, 'up'))];
        if (Math.abs(value) < 1e-300) return;
        expect(down).toBeLessThanOrEqual(value + slack);
        expect(up).toBeGreaterThanOrEqual(value - slack);
        expect(up - down).toBeLessThanOrEqual(1.001e-3 * Math.abs(value));
      }),
    );
    expect(formatFigure(0.89996, 'down')).toBe('0.8999');
    expect(formatFigure(0.9, 'down')).toBe('0.9');
    expect(formatFigure(0.9, 'up')).toBe('0.9');
    expect(formatFigure(-0.00012345, 'up')).toBe('-1.234e-4');
  });

  test('a check without numbers has none', () => {
    const { id, title, outcome, message, n } = failed.checks[0];
    expect(checkFigures({ id, title, outcome, message, n })).toEqual({ measured: '', bounds: '', expected: '' });
  });

  test('a figure that has no words of its own keeps its name, whatever that is', () => {
    expect(figureName('strength')).toBe('mean score of a pair');
    for (const name of ['constructor', '__proto__', 'toString', HOSTILE]) expect(figureName(name)).toBe(name);
  });
});

describe('in a terminal', () => {
  test('the verdict comes first, then the checks that do not hold, then the others', () => {
    const lines = gateTable(failed, { width: 120 }).split('\n');
    expect(lines[0]).toMatch(/^Failed: 1 of 9/);
    const rows = lines.filter((line) => /^(failed|undecided|passed|skipped) /.test(line));
    expect(rows.map((line) => line.split(' ', 1)[0])).toEqual(
      checksInOrder(failed.checks).map(({ outcome }) => outcome),
    );
    expect(rows[0]).toMatch(/^failed +found at .* 0\.3125 +0\.1982 to 0\.4471 +at least 0\.9 +96$/);
  });

  test.each([40, 60, 80, 120, 1000])('every check, message, finding and figure is there at %i columns', (width) => {
    const words = gateTable(failed, { width }).replaceAll(/\s+/g, ' ');
    for (const { title, outcome, message } of failed.checks) {
      if (width !== 80) expect(words).toContain(title);
      if (outcome !== 'passed') expect(words).toContain(message);
    }
    for (const finding of failed.findings) expect(words).toContain(finding);
    expect(words).toContain('tokens needed for p < 0.02, median (MarkMyWords): 31');
  });

  test('no line is wider than the terminal, and the words are the same in colour', () => {
    for (const [name, result] of Object.entries(all)) {
      for (const width of [40, 57, 80, 100, 163]) {
        const table = gateTable(result, { width });
        for (const line of table.split('\n')) {
          expect(columnsOf(line), `${name}: ${line}`).toBeLessThanOrEqual(width);
        }
        expect(withoutColour(gateTable(result, { width, colour: true }))).toBe(table);
      }
    }
  });

  test('nothing that it is told drives the terminal, and without colour it holds no escape at all', () => {
    const obeyed = (table: string) => table.replaceAll('\n', '').match(CONTROL);
    expect(obeyed(gateTable(hostile))).toBeNull();
    expect(obeyed(withoutColour(gateTable(hostile, { colour: true })))).toBeNull();
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 90 }), (text, width) => {
        const result: GateResult = { ...failed, deployment: text, findings: [text] };
        expect(obeyed(gateTable(result, { width }))).toBeNull();
      }),
    );
  });

  test("no line of it is a command to a job's runner", () => {
    const commands = ['::error::no', '::stop-commands::x', 'x ::add-mask::y', '##vso[task.complete]', '##[error]'];
    for (const words of [...commands, ...commands.map((command) => 'w'.repeat(40) + command)]) {
      const result = { ...failed, title: words, deployment: words, findings: [words] };
      for (const width of [40, 41, 42, 43, 44, 80]) {
        expect(gateTable(result, { width })).not.toMatch(/^\s*::|##/m);
      }
    }
  });

  test('a result without checks says so', () => {
    expect(gateTable(empty)).toContain('No check was asked for.');
  });
});

/** As a terminal counts: what is outside ASCII in these results takes one or two columns. */
function columnsOf(line: string): number {
  const graphemes = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(line)];
  return graphemes.reduce((sum, { segment }) => sum + (/[\u3000-\u9fff]|🐈/u.test(segment) ? 2 : 1), 0);
}
