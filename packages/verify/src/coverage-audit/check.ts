/** A coverage audit as checks of a gate. @module */
import { show } from '@taggant/core';
import type { Check } from '../checks/check.ts';
import { shareResult } from '../checks/share.ts';
import type { Contradiction } from './classify.ts';
import type { Coverage, CoverageResult } from './tally.ts';

/**
 * At least `least` of the eligible responses are marked: a check for all traffic, and one for each traffic class where there are
 * several, by the gate's levels. Where nothing is eligible nothing is known, and the check is undecided. A class among several of
 * which too few are eligible to say so even if all are marked is skipped.
 *
 * @example
 * const { result } = await runGate({ ...gate, checks: coverageChecks(auditCoverage(responses, mark), 0.95) });
 */
export function coverageChecks({ all, byClass, contradictions, duplicates }: CoverageResult, least: number): Check[] {
  const against = contradictions.map(({ kind, n }) => `${n} ${CONTRADICTIONS[kind]}`);
  if (duplicates > 0) against.push(`${duplicates} not counted, whose ids came before`);
  // Of one class there is nothing more to say.
  return [checkOf(all, least, against), ...(byClass.length > 1 ? byClass.map((row) => checkOf(row, least, [])) : [])];
}

function checkOf({ of, ofEligible, counts }: Coverage, least: number, against: readonly string[]): Check {
  const id = of === undefined ? 'coverage' : `coverage/${of}`;
  const title = `marked among eligible responses${of === undefined ? '' : `, ${show(of)}`}`;
  const { found, n } = ofEligible;
  const others = Object.entries(counts).filter(([name, count]) => name !== 'marked' && count > 0);
  const besides = [...others.map(([name, count]) => `${count} ${name}`), ...against].join(', ');
  const counted = { id, title, found, n, of: 'eligible responses', expected: { least } };
  return {
    id,
    title,
    isFixed: true,
    look(_, levels) {
      const result = shareResult(counted, levels);
      const couldPass = shareResult({ ...counted, found: n }, levels).outcome === 'passed';
      const outcome = result.outcome === 'undecided' && of !== undefined && !couldPass ? 'skipped' : result.outcome;
      return { ...result, outcome, message: besides === '' ? result.message : `${result.message}; in all ${besides}` };
    },
  };
}

const CONTRADICTIONS: Record<Contradiction, string> = {
  'not-as-configured': 'not marked as configured',
  'marked-though-opted-out': 'marked though opted out',
  'marked-though-impossible': 'marked though their settings allow no mark',
};
