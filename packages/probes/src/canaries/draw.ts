/**
 * The draw: which variant of each trigger an account is served. Uniform and, for whoever lacks the key, independent between
 * triggers and between accounts; and the same whenever it is asked for, so that nothing need be stored.
 *
 *   account key = HMAC-SHA256(canary key, "account/" || account)
 *   block b     = HMAC-SHA256(account key, b as 4 bytes || trigger id), 8 words of 32 bits; all big-endian, texts in UTF-8
 *   variant     = w mod K, for the first word w of blocks 0, 1, ... below the largest multiple of K that is at most 2^32
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createView, utf8ToBytes } from '@noble/hashes/utils.js';
import { type CanaryKey, canaryMac, show } from '@taggant/core';
import type { Deck } from './deck.ts';

/** What accounts were served. It says who got what, and nothing of the key; as secret as the accounts' own texts. */
export interface Draws {
  /** Hash of the deck. */
  readonly deck: string;
  readonly kid: string;
  readonly commitment: string;
  readonly accounts: readonly string[];
  /** accounts x triggers, row by row: the variant's number. */
  readonly variants: Uint16Array;
}

/**
 * The draws of accounts, or of cohorts, under any names; a name that comes again is the same account. 24,000 accounts and
 * 128 triggers take about 7 s of one core.
 *
 * @throws RangeError for no accounts, an empty name or one that is not well-formed Unicode.
 * @example
 * const { variants } = drawVariants(deck, deriveCanaryKey(secret), ['acme', 'globex']);
 * deck.triggers[0].variants[variants[0]].text; // what acme is told at the first trigger
 */
export function drawVariants(deck: Deck, key: CanaryKey, accounts: Iterable<string>): Draws {
  const names = Array.from(new Set(accounts));
  if (names.length === 0) throw new RangeError('"accounts" expected at least one, got none');
  const drawer = new Drawer(deck, key);
  const width = deck.triggers.length;
  const variants = new Uint16Array(names.length * width);
  names.forEach((account, i) => {
    variants.set(drawer.draw(account), i * width);
  });
  return { deck: deck.hash, kid: key.kid, commitment: key.commitment, accounts: names, variants };
}

/** Draws account by account: what the serving side calls when it meets a new one. */
export class Drawer {
  readonly #key: CanaryKey;
  readonly #triggers: readonly { readonly message: Uint8Array; readonly k: number }[];

  constructor(deck: Deck, key: CanaryKey) {
    this.#key = key;
    this.#triggers = deck.triggers.map(({ id, variants }) => ({ message: messageOf(id), k: variants.length }));
  }

  /** The variant of each trigger, in the deck's order. */
  draw(account: string): Uint16Array {
    if (typeof account !== 'string' || account === '' || /\p{Surrogate}/u.test(account)) {
      throw new RangeError(`"account" expected well-formed text of at least one character, got ${show(account)}`);
    }
    const mac = macUnder(canaryMac(this.#key, utf8ToBytes(`account/${account}`)));
    return Uint16Array.from(this.#triggers, ({ message, k }) => drawOne(mac, message, k));
  }
}

/** @internal One draw under an account's key: uniform in 0 to k - 1, k from 2 to 65,536. The message's first 4 bytes are changed. */
export function drawOne(mac: (message: Uint8Array) => Uint8Array, message: Uint8Array, k: number): number {
  const limit = 2 ** 32 - (2 ** 32 % k);
  for (let block = 0; ; block++) {
    createView(message).setUint32(0, block);
    const words = createView(mac(message));
    for (let at = 0; at < 32; at += 4) {
      const word = words.getUint32(at);
      if (word < limit) return word % k;
    }
  }
}

/** @internal Four bytes for the number of the block, then the trigger's id. */
export function messageOf(trigger: string): Uint8Array {
  const id = utf8ToBytes(trigger);
  const message = new Uint8Array(4 + id.length);
  message.set(id, 4);
  return message;
}

/** @internal HMAC-SHA256 under one key, many times: with its state copied rather than made anew, half the time. */
export function macUnder(key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const [fresh, used] = [hmac.create(sha256, key), hmac.create(sha256, key)];
  const code = new Uint8Array(32);
  return (message) => {
    fresh._cloneInto(used);
    used.update(message).digestInto(code);
    return code;
  };
}
