/**
 * Who has which mark: accounts have numbers (cohorts of a key), tenants have keys of their own, and labels rotate by epoch.
 *
 * The numbers are drawn at random and kept secret. That keeps thieves from aligning the lists of accounts whose numbers they
 * know (native-mark.md, "Scoring every cohort at once"), and it is what the ranks of `testAccounts` rest on: an account that
 * took no part could as well have been given any number that nobody has.
 * @module
 */
import { checkInteger, MAX_COHORTS, sha256Hex, show } from '@taggant/core';
import canonicalize from 'canonicalize';
import { bytesOf, drawNumbers, type RandomBytes } from './numbers.ts';
import { type Content, parseContent, VERSION } from './parse.ts';

/** A time in which one label marks: from its own beginning to the next one's. */
export interface Epoch {
  readonly label: string;
  /** ISO 8601 instants; the last epoch has no end. */
  readonly from: string;
  readonly until?: string;
}

/** Several accounts under one number: a plan, a country, a cluster of accounts that belong together. */
export interface Tier {
  readonly id: string;
  readonly number: number;
}

export interface Account {
  readonly id: string;
  /** Absent: the account has the numbers of its tiers only. */
  readonly number?: number;
  readonly tiers: readonly string[];
  /** Whose key marks the account's text. Absent: the owner's. */
  readonly tenant?: string;
}

/** An account that joins: its id, or with what else it has. */
export type Newcomer =
  | string
  | {
      readonly id: string;
      readonly tiers?: readonly string[];
      readonly tenant?: string;
      /** Whether it gets a number of its own. Default true. */
      readonly own?: boolean;
    };

export interface AssignmentPlan {
  /** The first epoch. */
  readonly epoch: { readonly label: string; readonly from: string };
  readonly tenants?: readonly string[];
  readonly tiers?: readonly string[];
  readonly accounts?: readonly Newcomer[];
  /** Numbers are below it: a power of two, at least twice the accounts and tiers that there will ever be. Default 2^16, or more. */
  readonly range?: number;
}

/** A key's label, and when and for whom it marks. */
export interface KeyLabel extends Epoch {
  readonly tenant?: string;
}

/** Who may have written a text that carries a number. */
export interface Holder {
  readonly kind: 'account' | 'tier';
  readonly id: string;
  readonly number: number;
}

/**
 * An assignment. It never changes: what adds or rotates gives a new one, in which all numbers are as before. Nobody is ever
 * taken out, for text outlives accounts, and so no number is used twice.
 *
 * @example
 * const random = (length) => crypto.getRandomValues(new Uint8Array(length));
 * const epoch = { label: '2026-q4', from: '2026-10-01T00:00:00Z' };
 * const assignment = Assignment.create({ epoch, accounts: ['ada', 'bob'] }, random);
 * assignment.account('ada').number; // secret
 */
export class Assignment {
  readonly #content: Content;
  readonly #accounts: ReadonlyMap<string, Account>;
  readonly #tiers: ReadonlyMap<string, Tier>;

  private constructor(content: Content) {
    this.#content = content;
    this.#accounts = new Map(content.accounts.map((account) => [account.id, account]));
    this.#tiers = new Map(content.tiers.map((tier) => [tier.id, tier]));
  }

  /** Draws a number for every tier and account. `random`: cryptographic random bytes. */
  static create(plan: AssignmentPlan, random: RandomBytes): Assignment {
    const { epoch, tenants = [], tiers = [], accounts = [] } = plan;
    const { range = defaultRange(tiers.length + accounts.length) } = plan;
    checkInteger(range, 'range', 4, MAX_COHORTS);
    const { label, from } = epoch;
    const empty = { assignment: VERSION, salt: '', range, epochs: [{ label, from }], tenants, tiers: [], accounts: [] };
    return new Assignment(empty as Content).#grown(tiers, accounts, random);
  }

  /** Parses the text of an assignment file. Throws for anything but a whole and consistent one, and shows none of it. */
  static parse(text: string): Assignment {
    return new Assignment(parseContent(text));
  }

  /** The text of an assignment file, secret numbers and all: for `writeAssignmentFile`. */
  print(): string {
    return `${JSON.stringify(this.#content, null, 1)}\n`;
  }

  /** With more accounts, whose numbers are drawn among those that nobody has. */
  withAccounts(newcomers: readonly Newcomer[], random: RandomBytes): Assignment {
    return this.#grown([], newcomers, random);
  }

  /** With more tiers. */
  withTiers(ids: readonly string[], random: RandomBytes): Assignment {
    return this.#grown(ids, [], random);
  }

  /** With a new epoch, which ends the last one. `from`: an ISO 8601 instant with its time zone, after the last epoch's. */
  rotated(epoch: { readonly label: string; readonly from: string }, random: RandomBytes): Assignment {
    const { label, from } = epoch;
    return this.#changed({ epochs: [...this.#content.epochs, { label, from }] }, random);
  }

  /**
   * SHA-256 of the whole content in canonical JSON (RFC 8785), hex. It can be published before a test and opened by showing
   * the file: 32 random bytes in it hide everything else until then. They change whenever the assignment does, so keep the
   * file that you committed to.
   */
  commitment(): string {
    return sha256Hex(`${COMMIT_PREFIX}${canonicalize(this.#content)}`);
  }

  /** Numbers are from 1 to below this; 0 is the owner's list. */
  get range(): number {
    return this.#content.range;
  }

  get accounts(): readonly Account[] {
    return this.#content.accounts;
  }

  get tiers(): readonly Tier[] {
    return this.#content.tiers;
  }

  get tenants(): readonly string[] {
    return this.#content.tenants;
  }

  get epochs(): readonly Epoch[] {
    const { epochs } = this.#content;
    return epochs.map((epoch, i) => ({ ...epoch, ...(epochs[i + 1] && { until: epochs[i + 1].from }) }));
  }

  /** The account of an id; a RangeError if there is none. */
  account(id: string): Account {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new RangeError(`"account" expected one of the assignment, got ${show(id)}`);
    return account;
  }

  /** The tier of an id; a RangeError if there is none. */
  tier(id: string): Tier {
    const tier = this.#tiers.get(id);
    if (tier === undefined) throw new RangeError(`"tier" expected one of the assignment, got ${show(id)}`);
    return tier;
  }

  /** Every label that a key has or had: one an epoch for the owner, and one an epoch for each tenant. */
  labels(): KeyLabel[] {
    return this.epochs.flatMap((epoch) => [
      epoch,
      ...this.tenants.map((tenant) => ({ ...epoch, label: `${tenant}/${epoch.label}`, tenant })),
    ]);
  }

  /** The label that marks an account's text at a time. Throws when the first epoch has not begun. */
  labelAt(time: Date, tenant?: string): KeyLabel {
    const at = time.getTime();
    const begun = this.labels().filter((label) => label.tenant === tenant && Date.parse(label.from) <= at);
    if (begun.length === 0) throw new RangeError(`"time" expected in an epoch of the assignment, got ${show(time)}`);
    return begun[begun.length - 1];
  }

  /** Who can be named by a number under the keys of a tenant, or the owner's: its accounts, and the tiers that they are in. */
  holders(tenant?: string): Holder[] {
    const accounts = this.accounts.filter((account) => account.tenant === tenant);
    const inUse = new Set(accounts.flatMap(({ tiers }) => tiers));
    return [
      ...this.tiers.filter(({ id }) => inUse.has(id)).map(({ id, number }) => ({ kind: 'tier' as const, id, number })),
      ...accounts.flatMap(({ id, number }) => (number === undefined ? [] : [{ kind: 'account' as const, id, number }])),
    ];
  }

  /** The accounts whose text carries a holder's number. */
  accountsOf({ kind, id }: Holder): Account[] {
    return kind === 'account' ? [this.account(id)] : this.accounts.filter(({ tiers }) => tiers.includes(id));
  }

  /** Numbers that nobody has, in rising order: the owner's 0 is none of them. */
  unassigned(): number[] {
    const taken = this.#numbers();
    return Array.from({ length: this.range - 1 }, (_, i) => i + 1).filter((number) => !taken.has(number));
  }

  /** How much there is of everything, and no number. */
  toJSON(): unknown {
    const { range, accounts, tiers, tenants, epochs } = this;
    return { assignment: VERSION, range, accounts: accounts.length, tiers: tiers.length, tenants, epochs };
  }

  #grown(tiers: readonly string[], newcomers: readonly Newcomer[], random: RandomBytes): Assignment {
    const full = newcomers.map((one) => (typeof one === 'string' ? { id: one } : one));
    const own = full.filter(({ own = true }) => own).length;
    const taken = this.#numbers();
    const needed = 2 * (taken.size + tiers.length + own + 1);
    if (needed > this.range) {
      throw new RangeError(`"range" expected at least twice the numbers in use, ${needed}, got ${this.range}`);
    }
    const numbers = drawNumbers(tiers.length + own, this.range, taken, random);
    const next = () => numbers.pop() as number;
    return this.#changed(
      {
        tiers: [...this.tiers, ...tiers.map((id) => ({ id, number: next() }))],
        accounts: [
          ...this.accounts,
          ...full.map(({ id, tiers = [], tenant, own = true }) => ({
            id,
            ...(own ? { number: next() } : {}),
            tiers,
            ...(tenant === undefined ? {} : { tenant }),
          })),
        ],
      },
      random,
    );
  }

  /** What is new is checked as a file is. */
  #changed(changes: Partial<Content>, random: RandomBytes): Assignment {
    const salt = Array.from(bytesOf(random, 32), (byte) => byte.toString(16).padStart(2, '0')).join('');
    return Assignment.parse(JSON.stringify({ ...this.#content, ...changes, salt }));
  }

  #numbers(): Set<number> {
    return new Set([...this.tiers, ...this.accounts].flatMap(({ number }) => number ?? []));
  }
}

/** Room to grow: at least twice the numbers, and never less than 2^16. */
const defaultRange = (numbers: number) => Math.max(2 ** 16, 2 ** Math.ceil(Math.log2(2 * (numbers + 1))));

const COMMIT_PREFIX = 'taggant/assignment/1';
