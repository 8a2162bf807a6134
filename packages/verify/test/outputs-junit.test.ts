/** JUnit XML, by libxml2 and by what Jenkins, GitLab and Ant ask of it. */
import { checksInOrder, type GateResult, gateJUnit } from '@taggant/verify';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { all, failed, hostile, passed } from './outputs-fixtures.ts';

const GIVEN = { seconds: 94.2, timestamp: '2026-11-21T20:30:00.123Z' };

const TIME = '<xs:attribute name="time" type="seconds" use="required"/>';
const TIMESTAMP = `<xs:attribute name="timestamp" use="required"><xs:simpleType><xs:restriction base="xs:dateTime">
      <xs:pattern value="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"/>
    </xs:restriction></xs:simpleType></xs:attribute>`;

/** Our own reading of what both published schemas ask for: Jenkins' xUnit plugin's junit-10.xsd and Windy Road's JUnit.xsd. */
const schemaOf = (timed: boolean) => `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="seconds"><xs:restriction base="xs:string"><xs:pattern value="[0-9]+\\.[0-9]{3}"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="name"><xs:restriction base="xs:token"><xs:minLength value="1"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="type"><xs:restriction base="xs:token"><xs:enumeration value="failed"/><xs:enumeration value="undecided"/></xs:restriction></xs:simpleType>
  <xs:complexType name="failure"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="type" type="type" use="required"/><xs:attribute name="message" type="xs:string" use="required"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:complexType name="skipped"><xs:attribute name="message" type="xs:string" use="required"/></xs:complexType>
  <xs:complexType name="testcase">
    <xs:choice minOccurs="0"><xs:element name="failure" type="failure"/><xs:element name="skipped" type="skipped"/></xs:choice>
    <xs:attribute name="name" type="name" use="required"/>
    <xs:attribute name="classname" type="xs:token" use="required" fixed="taggant.verify"/>
    ${timed ? TIME : ''}
  </xs:complexType>
  <xs:complexType name="property">
    <xs:attribute name="name" type="name" use="required"/><xs:attribute name="value" type="xs:string" use="required"/>
  </xs:complexType>
  <xs:attributeGroup name="counts">
    <xs:attribute name="name" type="name" use="required"/>
    <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required" fixed="0"/>
    ${timed ? TIME : ''}
  </xs:attributeGroup>
  <xs:complexType name="testsuite">
    <xs:sequence>
      <xs:element name="properties"><xs:complexType><xs:sequence>
        <xs:element name="property" type="property" maxOccurs="unbounded"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="testcase" type="testcase" minOccurs="0" maxOccurs="unbounded"/>
      <xs:element name="system-out" type="xs:string"/>
      <xs:element name="system-err" type="xs:string"/>
    </xs:sequence>
    <xs:attributeGroup ref="counts"/>
    <xs:attribute name="skipped" type="xs:nonNegativeInteger" use="required"/>
    <xs:attribute name="id" type="xs:int" use="required"/>
    <xs:attribute name="package" type="name" use="required"/>
    <xs:attribute name="hostname" type="name" use="required"/>
    ${timed ? TIMESTAMP : ''}
  </xs:complexType>
  <xs:element name="testsuites"><xs:complexType>
    <xs:sequence><xs:element name="testsuite" type="testsuite"/></xs:sequence>
  </xs:complexType></xs:element>
</xs:schema>`;

const validate = (xml: string, timed: boolean) =>
  validateXML({ xml: [{ fileName: 'junit.xml', contents: xml }], schema: [schemaOf(timed)] });
const cases = (xml: string) =>
  [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>\s*<(failure|skipped)(?: type="(\w+)")?)/g)].map((match) =>
    match.slice(1, 4),
  );

describe('the file', () => {
  test.each(Object.keys(all) as (keyof typeof all)[])('is valid with and without times: %s', async (name) => {
    expect(await validate(gateJUnit(all[name]), false)).toMatchObject({ valid: true });
    expect(await validate(gateJUnit(all[name], GIVEN), true)).toMatchObject({ valid: true });
  });

  test('would not be valid with another type, without an element, or without times that it should have', async () => {
    const xml = gateJUnit(failed);
    expect((await validate(xml.replace('type="failed"', 'type="oops"'), false)).valid).toBe(false);
    expect((await validate(xml.replace('<system-err/>', ''), false)).valid).toBe(false);
    expect((await validate(xml, true)).valid).toBe(false);
  });

  test('has a case for each check, and undecided ones fail it, too', () => {
    expect(cases(gateJUnit(failed))).toEqual(
      checksInOrder(failed.checks).map(({ id, outcome }) => {
        if (outcome === 'passed') return [id, undefined, undefined];
        return outcome === 'skipped' ? [id, 'skipped', undefined] : [id, 'failure', outcome];
      }),
    );
    expect(gateJUnit(failed)).toMatch(/<testsuite [^>]*tests="9" failures="2" errors="0"/);
    expect(gateJUnit(failed)).toMatch(/<testsuite [^>]*skipped="1"/);
    expect(gateJUnit(passed)).toMatch(/<testsuite [^>]*tests="6" failures="0" errors="0"/);
  });

  test('says in each failure what was expected and found, and once what the texts carry', () => {
    const xml = gateJUnit(failed);
    const { title, message } = failed.checks[1];
    expect(xml).toContain(`message="${title.replace('<', '&#60;')}: ${message}"`);
    expect(xml).toContain('measured: 0.3125, bounds: 0.1982 to 0.4471, expected: at least 0.9, texts: 96');
    expect(xml).toContain(`<system-out>${failed.findings[0]}</system-out>`);
  });

  test('gives times only if they are given', () => {
    expect(gateJUnit(failed)).not.toMatch(/\btime|timestamp/);
    expect(gateJUnit(failed, { seconds: 1.5 })).toMatch(/<testsuite [^>]*time="1\.500"/);
    expect(gateJUnit(failed, GIVEN)).toContain('timestamp="2026-11-21T20:30:00"');
  });

  test('refuses times of another form', () => {
    for (const seconds of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => gateJUnit(failed, { seconds })).toThrow(/"seconds" expected a number of at least 0, got/);
    }
    for (const timestamp of ['', 'today', '2026-11-21', '2026-11-21T20:30:00+02:00', '2026-11-21T20:30:00Z"']) {
      expect(() => gateJUnit(failed, { timestamp })).toThrow(/"timestamp" expected a time like/);
    }
  });
});

describe('whatever things are called', () => {
  test('text stays text', async () => {
    const xml = gateJUnit(hostile);
    expect(xml).not.toMatch(/<script|<img|<!--|\]\]>/);
    expect(cases(xml)).toHaveLength(hostile.checks.length);
  });

  test('the file stays well-formed, with any characters of Unicode and halves of them', async () => {
    const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 200 }), { numRuns: 300, seed: 6 });
    const odd = ['\0', '\ud800', '\udfff', '\ufffe', '\uffff', '\x0b', '\x7f', '\x85', ']]>', '\r\n'];
    const result: GateResult = { ...failed, title: texts.join(''), findings: [...texts, ...odd] };
    const xml = gateJUnit(result);
    expect(await validate(xml, false)).toMatchObject({ valid: true });
    expect(Buffer.from(xml, 'utf8').toString('utf8')).toBe(xml);
  });
});
