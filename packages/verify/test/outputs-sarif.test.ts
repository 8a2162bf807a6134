/** SARIF, by the published schema and by what code scanning makes of it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type GateResult, gateSarif, type SarifOptions } from '@taggant/verify';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { all, empty, failed, HOSTILE, hostile, passed, undecided } from './outputs-fixtures.ts';

/** SARIF 2.1.0 as SchemaStore and Microsoft's package have it. Draft 04, of which it uses nothing that draft 07 reads otherwise. */
const published = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'),
    'utf8',
  ),
);
const { $schema, id, ...schema } = published;
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats(ajv);
const isSarif = ajv.compile(schema);

const logOf = (result: GateResult, options?: SarifOptions) => JSON.parse(gateSarif(result, options));
const runOf = (result: GateResult, options?: SarifOptions) => logOf(result, options).runs[0];
// biome-ignore lint/suspicious/noExplicitAny: SARIF as anybody may have written it.
type Json = any;

describe('the log', () => {
  test('the schema is the published one', () => {
    expect($schema).toBe('http://json-schema.org/draft-04/schema#');
    expect(id).toMatch(/schemastore.*\/sarif-2\.1\.0-rtm\.5\.json$/);
    expect(JSON.stringify(schema)).not.toMatch(/"exclusiveM/);
  });

  test.each(Object.keys(all) as (keyof typeof all)[])('is valid by it: %s', (name) => {
    const log = logOf(all[name], { configUri: 'ci/taggant config.json' });
    expect(isSarif(log) ? [] : isSarif.errors).toEqual([]);
  });

  test('would not be valid with another level, version or field', () => {
    const change = (edit: (log: Json) => void) => {
      const log = logOf(failed);
      edit(log);
      return isSarif(log);
    };
    expect(change(() => {})).toBe(true);
    expect(change((log) => (log.runs[0].results[0].level = 'fatal'))).toBe(false);
    expect(change((log) => (log.version = '2.0.0'))).toBe(false);
    expect(change((log) => delete log.runs[0].tool)).toBe(false);
    expect(change((log) => (log.runs[0].results[0].fingerprint = 'x'))).toBe(false);
  });

  test('has all that GitHub requires', () => {
    // docs.github.com, "SARIF support for code scanning": what is marked as required.
    const { tool, results } = runOf(failed);
    expect(logOf(failed)).toMatchObject({
      version: '2.1.0',
      $schema: expect.stringMatching(/sarif-schema-2\.1\.0\.json$/),
    });
    expect(tool.driver).toMatchObject({ name: 'taggant verify', semanticVersion: '0.0.0' });
    for (const rule of tool.driver.rules) {
      const text = { text: expect.stringMatching(/^.{10,1024}$/s) };
      expect(rule).toMatchObject({ id: expect.any(String), shortDescription: text, fullDescription: text, help: text });
      // Microsoft's validator (SARIF1001) refuses a name that is the id in other letters.
      expect(rule.name).toMatch(/^([A-Z][a-z]*){2,}$/);
    }
    for (const { message, locations, partialFingerprints } of results) {
      expect(message.text).toMatch(/\S/);
      expect(locations).toHaveLength(1);
      const { artifactLocation, region } = locations[0].physicalLocation;
      expect(artifactLocation).toEqual({ uri: 'taggant.config.json', uriBaseId: '%SRCROOT%' });
      expect(region).toEqual({ startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 });
      expect(partialFingerprints.primaryLocationLineHash).toMatch(/^[0-9a-f]{16}:1$/);
    }
  });
});

describe('alerts', () => {
  test('are of what failed, and warnings of what is undecided; what passed or was skipped has none', () => {
    const levels = (result: GateResult) => runOf(result).results.map((one: Json) => [one.properties.id, one.level]);
    expect(levels(failed)).toEqual([
      ['detection/50', 'error'],
      ['survival/substitute-0.1', 'warning'],
    ]);
    expect(levels(undecided)).toEqual([['survival/substitute-0.1', 'warning']]);
    expect(levels(passed)).toEqual([]);
    expect(levels(empty)).toEqual([]);
  });

  test('belong to a rule for each kind of check, the same rules whatever failed', () => {
    const { tool, results } = runOf(failed);
    const ids = tool.driver.rules.map((rule: Json) => rule.id);
    expect(ids).toEqual(['against', 'choice', 'detection', 'false-alarms', 'length', 'perplexity', 'survival']);
    for (const { ruleId, ruleIndex } of results) expect(ids[ruleIndex]).toBe(ruleId);
    const mended = { ...failed, checks: failed.checks.map((check) => ({ ...check, outcome: 'passed' as const })) };
    expect(runOf(mended).tool).toEqual(tool);
  });

  test('of one rule are told from each other, though they stand in one line', () => {
    const survivals = failed.checks.filter(({ id }) => id.startsWith('survival/'));
    const checks = [0.1, 0.2, 0.3].map((rate) => ({ ...survivals[0], id: `survival/substitute-${rate}` }));
    const { results } = runOf({ ...failed, checks });
    for (const name of ['taggantCheck/v1', 'primaryLocationLineHash']) {
      expect(new Set(results.map((one: Json) => one.partialFingerprints[name])).size).toBe(3);
    }
  });

  test('keep their fingerprint with another seed, key, cohort, deployment, config, outcome and other figures', () => {
    const fingerprints = (result: GateResult, options?: SarifOptions) =>
      runOf(result, options).results.map((one: Json) => one.partialFingerprints);
    const before = fingerprints(failed);
    const after: GateResult = {
      ...failed,
      seed: 2,
      mark: { ...failed.mark, kid: '0123456789abcdef', cohort: 3 },
      deployment: 'elsewhere',
      software: { name: 'taggant', version: '9.9.9' },
      checks: failed.checks.toReversed().map((check) => ({
        ...check,
        outcome: check.outcome === 'undecided' ? 'failed' : check.outcome,
        measured: 0.1,
        message: 'other words',
        title: 'another title',
        n: 7,
      })),
    };
    expect(new Set(fingerprints(after, { configUri: 'other.json' }).map((one: Json) => JSON.stringify(one)))).toEqual(
      new Set(before.map((one: Json) => JSON.stringify(one))),
    );
    expect(fingerprints({ ...failed, title: 'gumbel, context 4' })).not.toEqual(before);
  });

  test('have fingerprints that never change from version to version', () => {
    // sha256 of '["greenlist gamma 1/4 delta 2, context 2","detection/50"]', by sha256sum.
    expect(runOf(failed).results[0].partialFingerprints).toEqual({
      'taggantCheck/v1': '968d1a32f23af45f3a32c37bf55a1ab7074ab067072c6a3639c3426acd0c3436',
      primaryLocationLineHash: '968d1a32f23af45f:1',
    });
  });

  test('of several marks do not take each other away', () => {
    // GitHub: the category is what stands before the last slash.
    const category = (result: GateResult) => runOf(result).automationDetails.id.replace(/\/[^/]*$/, '');
    expect(category(failed)).toBe('taggant-verify/greenlist-gamma-1-4-delta-2-context-2');
    expect(category({ ...failed, mark: { ...failed.mark, cohort: 7 } })).not.toBe(category(failed));
    expect(category({ ...failed, title: '日本' })).toBe('taggant-verify/mark');
  });
});

describe('whatever things are called', () => {
  test('messages hold no links, no placeholders and no control characters', () => {
    for (const { message } of runOf(hostile).results) {
      expect(message.text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(message.text).not.toMatch(/(?<!\\)(?:\\\\)*\[link/);
      expect(message.text).toContain('\\[link\\](https://evil.example)');
      expect(message.text).not.toMatch(/(?<!\{)\{\d/);
    }
    expect(runOf({ ...hostile, software: { name: HOSTILE, version: HOSTILE } }).tool.driver.semanticVersion).toBe(
      undefined,
    );
  });

  test('a config is named by its path below the root', () => {
    const uriOf = (configUri: string) =>
      runOf(failed, { configUri }).results[0].locations[0].physicalLocation.artifactLocation.uri;
    expect(uriOf('./ci/my config#1.json')).toBe('ci/my%20config%231.json');
    expect(uriOf('ci\\taggant.config.ts')).toBe('ci/taggant.config.ts');
    for (const outside of [
      '',
      '.',
      '/etc/passwd',
      '../up.json',
      'a/../../b',
      'C:\\x.json',
      'https://a.b/c',
      '\\\\host\\x',
    ]) {
      expect(() => uriOf(outside)).toThrow(/"configUri" expected a path below the root of the repository, got "/);
    }
  });

  test('a kind of check that nobody described has a rule, too', () => {
    const checks = ['constructor', '__proto__/x', 'toString/1'].map((id) => ({ ...failed.checks[1], id }));
    const log = logOf({ ...failed, checks });
    expect(isSarif(log)).toBe(true);
    expect(log.runs[0].tool.driver.rules.map((rule: Json) => rule.id)).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ]);
  });
});
