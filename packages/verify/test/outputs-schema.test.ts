/** The schema of results: it takes what gates give, refuses what they would not, and leaves out no field. */
import { readFileSync } from 'node:fs';
import { GATE_SCHEMA, type GateResult } from '@taggant/verify';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';
import { all, realResult } from './outputs-fixtures.ts';

const validate = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(GATE_SCHEMA);
const errorsOf = (value: unknown) => (validate(JSON.parse(JSON.stringify(value))) ? [] : validate.errors);
// biome-ignore lint/suspicious/noExplicitAny: results as anybody may have changed them.
type Json = any;

describe('the schema', () => {
  let real: readonly GateResult[];
  beforeAll(async () => {
    real = [await realResult(true), await realResult(false)];
  });

  test('takes what gates give', () => {
    expect(real.map(({ outcome }) => outcome)).toEqual(['passed', 'failed']);
    expect(real[1].findings.join()).toContain('the key of tenant-7');
    for (const result of [...real, ...Object.values(all)]) expect(errorsOf(result)).toEqual([]);
  });

  test.each<[string, (result: Json) => unknown]>([
    ['another version', (result) => (result.gate = 'taggant/2')],
    ['an outcome that is none', (result) => (result.outcome = 'ok')],
    ['a skipped gate', (result) => (result.outcome = 'skipped')],
    ['an outcome of a check that is none', (result) => (result.checks[0].outcome = 'error')],
    ['a field too many', (result) => (result.key = 'x')],
    ['a field too many in a check', (result) => (result.checks[0].kid = 'x')],
    ['a check without an id', (result) => delete result.checks[0].id],
    ['one bound', (result) => (result.checks[0].interval = [0.5])],
    ['three bounds', (result) => (result.checks[0].interval = [0, 0.5, 1])],
    ['a number that JSON cannot hold', (result) => (result.checks[0].measured = Number.NaN)],
    ['numbers as text', (result) => (result.checks[0].n = '96')],
    ['half a text', (result) => (result.checks[0].n = 1.5)],
    ['a share above 1', (result) => (result.power[0].high = 1.01)],
    ['a rate in percent', (result) => (result.survival = [{ ...all.failed.survival[0], rate: 20 }])],
    ['a point without alpha', (result) => delete result.power[0].alpha],
    ['a seed out of range', (result) => (result.seed = 2 ** 32)],
    ['certainty', (result) => (result.levels.confidence = 1)],
    ['a mark without a name', (result) => delete result.mark.mark],
    ['no findings', (result) => delete result.findings],
    ['a figure in words', (result) => (result.figures.strength = 'high')],
    ['texts without a count', (result) => delete result.texts.unmarked],
  ])('refuses %s', (_, change) => {
    for (const result of real) {
      const changed = structuredClone(result);
      expect(errorsOf(changed)).toEqual([]);
      change(changed);
      expect(errorsOf(changed)).not.toEqual([]);
    }
  });

  test('names every field of result.ts, and which may be missing', () => {
    const types = typesOf(new URL('../src/result.ts', import.meta.url));
    const { $defs, ...root } = GATE_SCHEMA as Json;
    expect(shapeOf(root)).toEqual(types.GateResult);
    for (const name of ['CheckResult', 'PowerPoint', 'SurvivalPoint']) {
      expect(shapeOf($defs[name])).toEqual(types[name]);
    }
    expect(Object.keys(types).sort()).toEqual(['CheckResult', 'GateResult', 'PowerPoint', 'Share', 'SurvivalPoint']);
  });

  test('is the file that the package exports', () => {
    const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    const file = readFileSync(new URL(`../${exports['./schema.json']}`, import.meta.url), 'utf8');
    expect(JSON.parse(file)).toEqual(GATE_SCHEMA);
  });
});

/** Field names in order, `?` where one may be missing, with the fields of the objects in them. */
type Shape = Record<string, unknown>;

function shapeOf(schema: Json): Shape {
  const names = Object.keys(schema.properties).sort();
  return Object.fromEntries(
    names.map((name) => {
      const inner = schema.properties[name];
      const isRecord = inner.properties === undefined || inner.additionalProperties === true;
      return [schema.required?.includes(name) ? name : `${name}?`, isRecord ? 'value' : shapeOf(inner)];
    }),
  );
}

function typesOf(file: URL): Record<string, Shape> {
  const source = ts.createSourceFile('result.ts', readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const interfaces = new Map(
    source.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node] as const),
  );
  const membersOf = (node: ts.InterfaceDeclaration): ts.TypeElement[] => [
    ...(node.heritageClauses ?? []).flatMap(({ types }) =>
      types.flatMap((type) => membersOf(interfaces.get(type.expression.getText())!)),
    ),
    ...node.members,
  ];
  const shape = (members: readonly ts.TypeElement[]): Shape => {
    const fields = members.filter(ts.isPropertySignature).map((member) => {
      const name = `${member.name.getText()}${member.questionToken ? '?' : ''}`;
      return [name, member.type && ts.isTypeLiteralNode(member.type) ? shape(member.type.members) : 'value'] as const;
    });
    return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return Object.fromEntries([...interfaces].map(([name, node]) => [name, shape(membersOf(node))]));
}
