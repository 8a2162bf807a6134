/** The draw: frozen, uniform, independent between triggers and accounts. Seeds are fixed. */
import {
  CanaryKey,
  canaryMac,
  deriveCanaryKey,
  deriveKey,
  exportCanaryKey,
  importCanaryKey,
  Secret,
} from '@taggant/core';
import { binomialBand } from '@taggant/stats';
import { describe, expect, it } from 'vitest';
import { errorOf, leaksIn } from '../../core/test/leaks.ts';
import { LN_RARE, lnChiSquare, secretOf } from '../../core/test/support.ts';
import { drawOne, macUnder, messageOf } from '../src/canaries/draw.ts';
import { Deck, drawVariants, exampleDeck, servingLines } from '../src/canaries/index.ts';
import { plainDeck } from './canaries-support.ts';
import vectors from './vectors/canary-draws.json' with { type: 'json' };

const secret = Secret.fromHex(vectors.secret);

describe('canary-draws.json', () => {
  it.each(vectors.keys)('the key of label "$label" has the frozen commitment', ({ label, commitment }) => {
    expect(deriveCanaryKey(secret, label)).toMatchObject({ label, commitment, kid: commitment.slice(0, 16) });
  });

  it.each(vectors.cases)(
    '$account, label "$label", $trigger of $k: $variant',
    ({ label, account, trigger, k, variant }) => {
      const key = deriveCanaryKey(secret, label);
      const mac = macUnder(canaryMac(key, new TextEncoder().encode(`account/${account}`)));
      expect(drawOne(mac, messageOf(trigger), k)).toBe(variant);
      // The same through a deck, unless it would take a second to build.
      if (k <= 1000) expect([...drawVariants(deckWith(trigger, k), key, [account]).variants]).toEqual([variant]);
    },
  );

  it('holds draws whose first word was thrown away', () => {
    expect(vectors.cases.filter(({ thrown }) => thrown > 0).length).toBe(3);
  });
});

describe('a draw', () => {
  it('goes on to the next block when every word of one is thrown away', () => {
    const blocks: number[] = [];
    const mac = (message: Uint8Array) => {
      blocks.push(new DataView(message.buffer).getUint32(0));
      return new Uint8Array(32).fill(blocks.length === 3 ? 1 : 0xff);
    };
    expect(drawOne(mac, messageOf('x'), 3)).toBe(0x01010101 % 3);
    expect(blocks).toEqual([0, 1, 2]);
  });

  it('does not hang on the other triggers or accounts, nor on their order', () => {
    const key = deriveCanaryKey(secretOf(3));
    const { triggers } = plainDeck([5, 7, 11]);
    const all = drawVariants(plainDeck([5, 7, 11]), key, ['a', 'b']);
    const some = Deck.parse({ deck: 'taggant/1', triggers: [triggers[2], triggers[0]] });
    expect([...drawVariants(some, key, ['b']).variants]).toEqual([all.variants[5], all.variants[3]]);
  });

  it.each([2, 3, 48, 64, 1000])('is uniform over %d variants: 60,000 draws, chi-square p above 1e-4', (k) => {
    const mac = macUnder(new Uint8Array(32).fill(k));
    const counts = new Array<number>(k).fill(0);
    for (let i = 0; i < 60_000; i++) counts[drawOne(mac, messageOf(`t${i}`), k)]++;
    expect(
      lnChiSquare(
        counts,
        counts.map(() => 1 / k),
      ),
    ).toBeGreaterThan(LN_RARE);
  });

  it('control: a byte modulo 48 is not', () => {
    const mac = macUnder(new Uint8Array(32).fill(48));
    const counts = new Array<number>(48).fill(0);
    for (let i = 0; i < 60_000; i++) counts[mac(messageOf(`t${i}`))[0] % 48]++;
    expect(
      lnChiSquare(
        counts,
        counts.map(() => 1 / 48),
      ),
    ).toBeLessThan(LN_RARE);
  });

  const draws = drawVariants(plainDeck(new Array(200).fill(16)), deriveCanaryKey(secretOf(4)), accounts(100));
  const at = (account: number, trigger: number) => draws.variants[account * 200 + trigger];

  it('agrees between two accounts, or two triggers, as often as chance has it: 99.9 % bands of 1 in 16', () => {
    const [low, high] = binomialBand(99 * 200, 1 / 16, 0.999);
    for (const same of [
      agreements((a, t) => at(a, t) === at(a + 1, t)),
      agreements((a, t) => at(a, t) === at(a, (t + 1) % 200)),
    ]) {
      expect(same).toBeGreaterThanOrEqual(low);
      expect(same).toBeLessThanOrEqual(high);
    }
  });

  it('two accounts and two triggers together take every pair of variants equally often', () => {
    const pairs = new Array<number>(256).fill(0);
    for (let a = 0; a < 100; a++) for (let t = 0; t < 200; t += 2) pairs[16 * at(a, t) + at(a, t + 1)]++;
    expect(
      lnChiSquare(
        pairs,
        pairs.map(() => 1 / 256),
      ),
    ).toBeGreaterThan(LN_RARE);
  });

  it('control: draws that triggers share are caught by the same test', () => {
    const pairs = new Array<number>(256).fill(0);
    for (let a = 0; a < 100; a++) for (let t = 0; t < 200; t += 2) pairs[17 * at(a, t)]++;
    expect(
      lnChiSquare(
        pairs,
        pairs.map(() => 1 / 256),
      ),
    ).toBeLessThan(LN_RARE);
  });

  it('names what is wrong with accounts and keys', () => {
    const deck = plainDeck([2]);
    const key = deriveCanaryKey(secretOf(5));
    expect(() => drawVariants(deck, key, [])).toThrow('"accounts" expected at least one, got none');
    for (const bad of ['', 'a\ud800', 7]) {
      expect(() => drawVariants(deck, key, [bad as string])).toThrow('"account" expected well-formed text');
    }
    expect(() => drawVariants(deck, deriveKey(secretOf(5), 'greenlist') as never, ['a'])).toThrow(
      '"key" expected a CanaryKey',
    );
  });

  function agreements(agree: (account: number, trigger: number) => boolean): number {
    let count = 0;
    for (let a = 0; a < 99; a++) for (let t = 0; t < 200; t++) if (agree(a, t)) count++;
    return count;
  }
});

describe('a canary key', () => {
  const bytes = Uint8Array.from(crypto.getRandomValues(new Uint8Array(32)));
  const master = Secret.fromBytes(bytes);
  const key = deriveCanaryKey(master, 'tenant');
  const material = [bytes, Uint8Array.from(Buffer.from(exportCanaryKey(key), 'base64url'))];

  it('shows neither itself nor its secret, before or after use, nor in errors', () => {
    const deck = plainDeck([2, 3]);
    const objects = [key, drawVariants(deck, key, ['a']), [...servingLines(deck, key, ['a', 'b'])]];
    for (const object of objects) expect(leaksIn(object, material)).toEqual([]);
    const text = exportCanaryKey(key);
    const errors = [
      () => importCanaryKey(`${text}=`),
      () => importCanaryKey(text.slice(2)),
      () => deriveCanaryKey(text as never),
      () => drawVariants(deck, text as never, ['a']),
    ];
    for (const act of errors) expect(leaksIn(errorOf(act), material)).toEqual([]);
  });

  it('control: what is exported does', () => {
    expect(leaksIn(exportCanaryKey(key), material)).not.toEqual([]);
  });

  it('is the same after export and import, and another for another label or purpose', () => {
    const again = importCanaryKey(exportCanaryKey(key), 'tenant');
    expect(again).toBeInstanceOf(CanaryKey);
    const deck = plainDeck(new Array(20).fill(64));
    expect(drawVariants(deck, again, ['a'])).toEqual(drawVariants(deck, key, ['a']));
    const kids = [key.kid, deriveCanaryKey(master).kid, deriveKey(master, 'greenlist', 'tenant').kid];
    expect(new Set(kids).size).toBe(3);
    expect(() => deriveCanaryKey(master, 'a\ud800')).toThrow('"label" expected well-formed Unicode');
  });
});

describe('the serving export', () => {
  it('has a head, then what each account is told, one line at a time', () => {
    const deck = exampleDeck();
    const key = deriveCanaryKey(secretOf(6));
    const draws = drawVariants(deck, key, accounts(3));
    const [head, ...rows] = [...servingLines(deck, key, accounts(3))].map((line) => JSON.parse(line));
    expect(head).toMatchObject({ serving: 'taggant/canaries/1', deck: deck.hash, kid: key.kid });
    expect(head.triggers.map(({ id }: { id: string }) => id)).toEqual(deck.triggers.map(({ id }) => id));
    rows.forEach(({ account, texts }, row) => {
      expect(account).toBe(`account ${row}`);
      expect(texts).toEqual(deck.triggers.map(({ variants }, q) => variants[draws.variants[row * 128 + q]].text));
    });
  });

  it('asks for the next account only when its line is wanted', () => {
    let taken = 0;
    function* endless() {
      for (;;) yield `account ${taken++}`;
    }
    const lines = servingLines(plainDeck([2]), deriveCanaryKey(secretOf(6)), endless());
    for (let i = 0; i < 4; i++) lines.next();
    expect(taken).toBe(3);
  });
});

function deckWith(id: string, k: number): Deck {
  const variants = Array.from({ length: k }, (_, v) => ({ text: `v${v}` }));
  return Deck.parse({ deck: 'taggant/1', triggers: [{ id, prompts: ['?'], variants }] });
}

function accounts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `account ${i}`);
}
