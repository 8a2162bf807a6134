/** Attacks from their names: `substitute:0.2+lowercase`. @module */
import { checkOneOf, show } from '@taggant/core';
import type { AttacksConfig } from '../config.ts';
import type { Attack, AttackMaterials } from './attack.ts';
import { ATTACKS, type AttackKind } from './registry.ts';

/**
 * The attack of a name in `ATTACKS`, with its rate behind a colon, or several of them one after the other, joined by
 * `+`. Throws RangeError for unknown names, for rates that are missing, too many or out of range, and for materials
 * that are missing.
 *
 * @example
 * attackOf('truncate:0.5+lowercase').id; // 'truncate-0.5+lowercase'
 */
export function attackOf(spec: string, materials: AttackMaterials = {}): Attack {
  if (typeof spec !== 'string') throw new TypeError(`"attack" expected a string, got ${show(spec)}`);
  const attacks = spec.split('+').map((part) => oneAttack(part.trim(), materials));
  if (attacks.length === 1) return attacks[0];
  const id = attacks.map(({ id }) => id).join('+');
  return {
    name: id,
    id,
    concurrency: Math.max(...attacks.map(({ concurrency = 1 }) => concurrency)),
    apply: (text, random) =>
      attacks.reduce<string | Promise<string>>(
        (done, attack) =>
          typeof done === 'string' ? attack.apply(done, random) : done.then((text) => attack.apply(text, random)),
        text,
      ),
  };
}

function oneAttack(spec: string, materials: AttackMaterials): Attack {
  const [first, ...rates] = spec.split(':');
  const name = checkOneOf(first, 'attack', Object.keys(ATTACKS));
  const kind = ATTACKS[name];
  const rate = rateOf(name, kind, rates.length === 0 ? undefined : rates.join(':'));
  if (kind.needs !== undefined && materials[kind.needs] === undefined) {
    throw new RangeError(`the attack ${name} needs ${placesOf(kind.needs)}`);
  }
  const attack = { name, concurrency: kind.concurrency, apply: kind.prepare(rate ?? 0, materials) };
  return rate === undefined ? { ...attack, id: name } : { ...attack, rate, id: `${name}-${rate}` };
}

/** Where a material stands. Those that no config names come along with the command. */
function placesOf(material: keyof AttackMaterials): string {
  const field = IN_CONFIG[material];
  const place = `materials.${material}`;
  return field === undefined ? place : `attacks.${field} in a config, ${place} in a library call`;
}

function rateOf(name: string, { takesRate, of }: AttackKind, text: string | undefined): number | undefined {
  if (!takesRate) {
    if (text !== undefined)
      throw new RangeError(`"attack" expected ${name} without a rate, got ${show(`${name}:${text}`)}`);
    return undefined;
  }
  const rate = text !== undefined && /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= 0 && rate <= 1) return rate;
  const got = text === undefined ? 'none' : show(text);
  throw new RangeError(`"rate" of ${name}, a share of the ${of}, expected a number from 0 to 1, got ${got}`);
}

const IN_CONFIG: { readonly [Material in keyof AttackMaterials]?: keyof AttacksConfig } = {
  words: 'words',
  human: 'human',
  tokenizer: 'tokenizer',
  paraphrase: 'paraphraser',
};
