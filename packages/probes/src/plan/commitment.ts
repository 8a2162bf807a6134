/**
 * Commitments: hashes that are published before a test, and say nothing until what they stand for is opened.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { CanaryKey, EngineKey, exportEngineKey, MarkKey, sha256Hex } from '@taggant/core';
import { hash } from '@taggant/core/fields';
import canonicalize from 'canonicalize';
import { type Plan, parsePlan } from './plan.ts';

/**
 * SHA-256, in hex, of `taggant/plan/1`, a newline and the plan as canonical JSON (RFC 8785). The plan's nonce hides the rest:
 * whoever has the hash only cannot try out plans.
 *
 * @example
 * planCommitment(plan) === planCommitment(parsePlan(JSON.parse(JSON.stringify(plan)))); // true
 */
export const planCommitment = (plan: Plan): string => sha256Hex(`${PLAN_PREFIX}\n${canonicalize(parsePlan(plan))}`);

/** The commitments of all keys of a plan, in their order: of its marks, then of its deck, then of its accounts' labels. */
export const plannedKeys = ({ marks = [], deck, accounts }: Plan): string[] => [
  ...marks.map(({ commitment }) => commitment),
  ...(deck === undefined ? [] : [deck.commitment]),
  ...(accounts?.keys ?? []),
];

/** What can be published before the test: JSON that tells the hash, how it was made and with what software. */
export function commitmentFile(plan: Plan): string {
  const { name, version } = plan.software;
  const algorithm = ALGORITHM;
  return `${JSON.stringify({ commitment: planCommitment(plan), algorithm, software: { name, version } }, null, 2)}\n`;
}

/**
 * The commitment of a key. A native key has its own; an engine's is too short to be hashed alone, since a hash could
 * be searched, so 32 random bytes (`salt`, hex) go with it. Keep them beside the key, and not in the plan: a plan is opened
 * when the key need not be. Throws TypeError for an engine's key without a salt.
 *
 * @example
 * keyCommitment(deriveKey(secret, 'greenlist')) === deriveKey(secret, 'greenlist').commitment; // true
 */
export function keyCommitment(key: MarkKey | CanaryKey | EngineKey, salt?: string): string {
  if (key instanceof MarkKey || key instanceof CanaryKey) return key.commitment;
  if (!(key instanceof EngineKey))
    throw new TypeError(`"key" expected a MarkKey, a CanaryKey or an EngineKey, got ${typeof key}`);
  const opened = { mark: key.mark, fields: exportEngineKey(key), salt: hash(salt, 'salt') };
  return sha256Hex(`${ENGINE_KEY_PREFIX}\n${canonicalize(opened)}`);
}

/** SHA-256 of bytes, in hex. */
export const sha256OfBytes = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

const PLAN_PREFIX = 'taggant/plan/1';
const ENGINE_KEY_PREFIX = 'taggant/engine-key/1';
const ALGORITHM = 'SHA-256 of "taggant/plan/1\\n" and the plan as RFC 8785 JSON';
