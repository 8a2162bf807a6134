/**
 * Keys of other engines' marks: whatever fields of the engine's configuration hold its key, kept as opaque as a `Secret`.
 * @module
 */
import { describeSecretText, toHex } from './bytes.ts';

/** Values of key fields as they stand in a configuration: integers, digits where a double is too small, lists of them. */
export type EngineKeyFields = Readonly<Record<string, unknown>>;

let fieldsOf: (key: EngineKey) => EngineKeyFields;

/** Public: which mark it is for, its kid and label. Private: everything else. */
export class EngineKey {
  /** Which mark, `hf/greenlist` for instance. */
  readonly mark: string;
  /**
   * 16 hex digits that name the key. Random, never made from it: engines' keys are short, and a hash of one could be searched.
   */
  readonly kid: string;
  readonly label: string;
  readonly #fields: EngineKeyFields;

  static {
    fieldsOf = (key) => key.#fields;
  }

  /** Throws TypeError without showing any value: where a key is expected, every value may be one. */
  constructor(mark: string, fields: EngineKeyFields, { label = '', kid = randomKid() } = {}) {
    if (typeof mark !== 'string' || !/^[a-z0-9-]+\/[\w.-]+$/.test(mark) || mark === 'taggant/1') {
      throw new TypeError(`"mark" expected an engine's, such as hf/greenlist, got ${describeSecretText(mark)}`);
    }
    if (typeof kid !== 'string' || !/^[0-9a-f]{16}$/.test(kid)) {
      throw new TypeError(`"kid" expected 16 lower-case hex digits, got ${describeSecretText(kid)}`);
    }
    if (typeof label !== 'string') throw new TypeError(`"label" expected a string, got ${describeSecretText(label)}`);
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields) || Object.keys(fields).length === 0) {
      throw new TypeError('"fields" expected at least one key field of a configuration, got none');
    }
    if (!Object.values(fields).flat().every(isInteger)) {
      throw new TypeError('"fields" expected integers, or strings of decimal or hex digits, or lists of them');
    }
    this.mark = mark;
    this.kid = kid;
    this.label = label;
    // JSON, in which a keyring is kept, has no integers beyond 2^53.
    const digits = (value: unknown) => (typeof value === 'bigint' ? String(value) : value);
    const plain = Object.entries(fields).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(digits) : digits(value),
    ]);
    this.#fields = Object.fromEntries(plain);
    Object.freeze(this);
  }
}

/** The fields, to complete a configuration with, or for the keyring file; and for nothing else. */
export const exportEngineKey = (key: EngineKey): EngineKeyFields => structuredClone(fieldsOf(key));

const isInteger = (value: unknown) =>
  typeof value === 'bigint' ||
  Number.isSafeInteger(value) ||
  (typeof value === 'string' && /^(-?\d{1,20}|(0x)?[\da-f]{1,16})$/i.test(value));
const randomKid = () => toHex(crypto.getRandomValues(new Uint8Array(8)));
