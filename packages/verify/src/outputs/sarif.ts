/** The result as SARIF 2.1.0 (OASIS Standard, errata 01), for code scanning. @module */
import { sha256Hex } from '@taggant/core';
import { titleWithCohort } from '@taggant/detector';
import type { CheckResult, GateResult } from '../result.ts';
import { checkKind } from './kinds.ts';
import { oneLine, shortened } from './one-line.ts';
import { checksInOrder, kindOf } from './words.ts';

export interface SarifOptions {
  /** Where the gate's config lies, from the root of the repository: `taggant.config.json`. Alerts stand there. */
  readonly configUri?: string;
}

/**
 * A rule for each kind of check, a result for each check that failed (error) or is undecided (warning). What passed or was skipped
 * has none: code scanning closes an alert whose result is gone, and would open one for a result that says "passed".
 *
 * `taggantCheck/v1` is a hash of the mark's title and the check's id: another seed, another key or other figures leave it alone, so
 * that an alert is the same until the check holds. GitHub reads nothing but `primaryLocationLineHash`, and would take all
 * alerts of one rule for the same one, as all stand in one line: it has the hash, too.
 *
 * @throws RangeError for a place outside the repository.
 * @example
 * await writeFile('taggant.sarif', gateSarif(result, { configUri: 'taggant.config.json' }));
 */
export function gateSarif(result: GateResult, { configUri = 'taggant.config.json' }: SarifOptions = {}): string {
  const { checks, software, title } = result;
  const uri = relativeUri(configUri);
  const kinds = [...new Set(checks.map(kindOf))].sort();
  const unmet = checksInOrder(checks).filter(({ outcome }) => outcome === 'failed' || outcome === 'undecided');
  const version = SEMANTIC_VERSION.test(software.version) ? { semanticVersion: software.version } : {};
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'taggant verify',
            version: plain(software.version),
            ...version,
            rules: kinds.map(ruleOf),
          },
        },
        // GitHub takes what stands before the last slash as the category: without the slash at the end, all marks would share one.
        automationDetails: { id: `taggant-verify/${slug(titleWithCohort(result))}/` },
        invocations: [{ executionSuccessful: true }],
        originalUriBaseIds: { '%SRCROOT%': { description: { text: 'The root of the repository.' } } },
        results: unmet.map((check) => resultOf(check, title, uri, kinds)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf(kind: string) {
  const { name, asks, help } = checkKind(kind);
  return {
    id: kind,
    name: name.replace(/(?:^|[^a-z0-9]+)([a-z0-9])/gi, (_, first: string) => first.toUpperCase()),
    shortDescription: { text: `${name}.` },
    fullDescription: { text: asks },
    help: { text: `${asks} ${help}`, markdown: `${asks}\n\n${help}` },
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['watermark'], precision: 'very-high', 'problem.severity': 'error' },
  };
}

function resultOf(check: CheckResult, markTitle: string, uri: string, kinds: readonly string[]) {
  const { id, title, outcome, message, measured, interval, expected, n } = check;
  const fingerprint = sha256Hex(JSON.stringify([markTitle, id]));
  return {
    ruleId: kindOf(check),
    ruleIndex: kinds.indexOf(kindOf(check)),
    level: outcome === 'failed' ? 'error' : 'warning',
    message: { text: plain(`${title}: ${outcome === 'undecided' ? 'undecided: ' : ''}${message}`) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, uriBaseId: '%SRCROOT%' },
          region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 },
        },
      },
    ],
    partialFingerprints: {
      'taggantCheck/v1': fingerprint,
      primaryLocationLineHash: `${fingerprint.slice(0, 16)}:1`,
    },
    properties: { id, measured, interval, expected, n },
  };
}

/** A path as a URI reference that stays below the root. */
function relativeUri(path: string): string {
  const parts = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '.' && part !== '');
  if (parts.length === 0 || parts.includes('..') || /^[\\/]|^[a-z][a-z0-9+.-]*:/i.test(path)) {
    throw new RangeError(`"configUri" expected a path below the root of the repository, got ${JSON.stringify(path)}`);
  }
  return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** Plain text as SARIF has it: brackets would be links, and braces placeholders (sections 3.11.5 and 3.11.6). */
const plain = (text: string): string =>
  shortened(oneLine(text), 1000)
    .replace(/[\\[\]]/g, '\\$&')
    .replace(/[{}]/g, '$&$&');

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '') || 'mark';

/** Semantic Versioning 2.0.0. */
const SEMANTIC_VERSION = /^\d+\.\d+\.\d+(-[0-9a-z.-]+)?(\+[0-9a-z.-]+)?$/i;
