/**
 * What the serving side must know, as JSON lines: the deck's prompts once, then for each account what it is told. Without any
 * key; but who holds it knows the draws, and can strip the canaries or put them into another's mouth. @module
 */
import type { CanaryKey } from '@taggant/core';
import type { Deck } from './deck.ts';
import { Drawer } from './draw.ts';

/** The first line. */
export interface ServingHead {
  readonly serving: 'taggant/canaries/1';
  readonly deck: string;
  readonly kid: string;
  readonly triggers: readonly { readonly id: string; readonly prompts: readonly string[] }[];
}

/** Every other line: the text to say at each trigger, in the order of the head. */
export interface ServingRow {
  readonly account: string;
  readonly texts: readonly string[];
}

/**
 * Lines without newlines, one account at a time, so that any number of accounts needs no memory.
 *
 * @example
 * for (const line of servingLines(deck, key, accounts)) file.write(`${line}\n`);
 */
export function* servingLines(deck: Deck, key: CanaryKey, accounts: Iterable<string>): Generator<string> {
  const triggers = deck.triggers.map(({ id, prompts }) => ({ id, prompts }));
  yield print({ serving: 'taggant/canaries/1', deck: deck.hash, kid: key.kid, triggers });
  const drawer = new Drawer(deck, key);
  for (const account of accounts) {
    const texts = Array.from(drawer.draw(account), (v, q) => deck.triggers[q].variants[v].text);
    yield print({ account, texts });
  }
}

const print = (line: ServingHead | ServingRow) => JSON.stringify(line);
