/** The result as JUnit XML, which Jenkins, GitLab and most others read. @module */
import { titleWithCohort } from '@taggant/detector';
import type { CheckResult, GateResult } from '../result.ts';
import { oneLine } from './one-line.ts';
import { checkFigures, checksInOrder, describeTexts } from './words.ts';

export interface JUnitOptions {
  /** How long the run took. */
  readonly seconds?: number;
  /** When it began, ISO 8601 in UTC: `2026-11-21T20:30:00Z`. */
  readonly timestamp?: string;
}

/**
 * One suite, a case for each check. Undecided checks are failures of type `undecided`: a pipeline must not pass on them. Valid by the
 * schema of Jenkins' xUnit plugin (junit-10.xsd), and with both options by that of Ant's JUnit task (Windy Road's JUnit.xsd), too.
 *
 * @throws RangeError for options of another form.
 * @example
 * await writeFile('junit.xml', gateJUnit(result, { seconds: 94.2 }));
 */
export function gateJUnit(result: GateResult, { seconds, timestamp }: JUnitOptions = {}): string {
  if (seconds !== undefined && !(seconds >= 0 && seconds < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`"seconds" expected a number of at least 0, got ${seconds}`);
  }
  if (timestamp !== undefined && !UTC.test(timestamp)) {
    throw new RangeError(`"timestamp" expected a time like 2026-11-21T20:30:00Z, got ${JSON.stringify(timestamp)}`);
  }
  const checks = checksInOrder(result.checks);
  const failures = checks.filter(({ outcome }) => outcome === 'failed' || outcome === 'undecided').length;
  const skipped = checks.filter(({ outcome }) => outcome === 'skipped').length;
  const suite = `taggant verify: ${titleWithCohort(result)}`;
  const time = seconds === undefined ? undefined : seconds.toFixed(3);
  const properties = {
    mark: titleWithCohort(result),
    deployment: result.deployment,
    outcome: result.outcome,
    seed: result.seed,
    texts: describeTexts(result),
    software: `${result.software.name} ${result.software.version}`,
  };
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    // No attributes: Windy Road's schema has none.
    '<testsuites>',
    `  <testsuite${attributes({ name: suite, id: 0, package: 'taggant', hostname: 'localhost', tests: checks.length, failures, errors: 0, skipped, time, timestamp: timestamp?.slice(0, SECONDS) })}>`,
    '    <properties>',
    ...Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    // The checks share their texts: none has a time of its own.
    ...checks.flatMap((check) => caseOf(check, time === undefined ? undefined : '0.000')),
    `    <system-out>${result.findings.map(escaped).join('\n')}</system-out>`,
    '    <system-err/>',
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function caseOf(check: CheckResult, time: string | undefined): string[] {
  const { id, outcome, title, message } = check;
  const open = `    <testcase${attributes({ name: id, classname: 'taggant.verify', time })}`;
  if (outcome === 'passed') return [`${open}/>`];
  const inside =
    outcome === 'skipped'
      ? `<skipped${attributes({ message })}/>`
      : `<failure${attributes({ type: outcome, message: `${title}: ${message}` })}>${escaped(detailsOf(check))}</failure>`;
  return [`${open}>`, `      ${inside}`, '    </testcase>'];
}

function detailsOf(check: CheckResult): string {
  const values = Object.entries({ ...checkFigures(check), texts: String(check.n) });
  return values
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

const escaped = (text: string): string => oneLine(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const SECONDS = '2026-11-21T20:30:00'.length;
