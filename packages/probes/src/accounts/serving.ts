/** What the serving side must know: for each account the marks of its text. Numbers are in it, keys are not. @module */
import { type MarkKey, type NativeDescriptor, type NativeMarkInput, parseDescriptor, type Scheme } from '@taggant/core';
import type { Account, Assignment, Epoch } from './assignment.ts';

/** A list for each layer that is served: all accounts share the owner's, and the members of a tier their tier's. */
export interface Layers {
  readonly owner?: NativeMarkInput;
  readonly tier?: NativeMarkInput;
  readonly account?: NativeMarkInput;
}

/** The marks of one account's text. Secret: who knows it can tell the account's text apart, and with the key forge it. */
export interface Served {
  readonly account: string;
  /** Which key marks (`deriveKey`), from when to when. */
  readonly label: string;
  readonly from: Epoch['from'];
  readonly until?: Epoch['until'];
  /** Descriptors with cohort and kid, in the order of the layers: owner, tiers, account. */
  readonly marks: readonly NativeDescriptor[];
}

/**
 * The marks of every account at a time, one account after the other, so that any number of them needs no memory. `keyOf`
 * gives the key of a label; its kid stands in the marks, and nothing else of it. Hand keys over with `exportKey`, one a label.
 *
 * @example
 * const layers = { owner: { scheme: 'greenlist', delta: 2 }, account: { scheme: 'greenlist', delta: 1 } };
 * const keyOf = (scheme, label) => deriveKey(secret, scheme, label);
 * for (const served of servedMarks(assignment, layers, keyOf, new Date())) file.write(`${JSON.stringify(served)}\n`);
 */
export function* servedMarks(
  assignment: Assignment,
  layers: Layers,
  keyOf: (scheme: Scheme, label: string) => MarkKey,
  time: Date,
  accounts: readonly Account[] = assignment.accounts,
): Generator<Served> {
  const parsed = {
    owner: layers.owner && parse(layers.owner, 'owner'),
    tier: layers.tier && parse(layers.tier, 'tier'),
    account: layers.account && parse(layers.account, 'account'),
  };
  const kids = new Map<string, string>();
  const kidOf = (scheme: Scheme, label: string) => {
    const known = kids.get(`${scheme} ${label}`) ?? keyOf(scheme, label).kid;
    kids.set(`${scheme} ${label}`, known);
    return known;
  };
  const labels = new Map([undefined, ...assignment.tenants].map((one) => [one, assignment.labelAt(time, one)]));
  for (const { id, number, tiers, tenant } of accounts) {
    const { label, from, until } = labels.get(tenant) ?? assignment.labelAt(time, tenant);
    const numbers = [
      [parsed.owner, 0] as const,
      ...tiers.map((tier) => [parsed.tier, assignment.tier(tier).number] as const),
      [parsed.account, number] as const,
    ];
    const marks = numbers.flatMap(([layer, cohort]) =>
      layer === undefined || cohort === undefined ? [] : { ...layer, cohort, kid: kidOf(layer.scheme, label) },
    );
    yield { account: id, label, from, ...(until === undefined ? {} : { until }), marks };
  }
}

/** Cohort and kid are the assignment's to say. */
function parse(input: NativeMarkInput, layer: string): NativeDescriptor {
  if (input.cohort || input.kid) throw new RangeError(`"layers.${layer}" expected a mark without cohort and kid`);
  return parseDescriptor({ mark: 'taggant/1', ...input });
}
