/** The form of a result, for programs that read it. @module */
import schema from '../../schema/gate-result.schema.json' with { type: 'json' };

/**
 * JSON Schema (2020-12) of `GateResult`; also the file `@taggant/verify/schema.json`.
 *
 * @example
 * new Ajv2020().compile(GATE_SCHEMA)(JSON.parse(await readFile('gate.json', 'utf8'))); // true
 */
export const GATE_SCHEMA: Readonly<Record<string, unknown>> = schema;
