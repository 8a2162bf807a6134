import { createHash } from 'node:crypto';
import { deriveKey, EngineKey, Secret } from '@taggant/core';
import {
  checkAgainstPlan,
  commitmentFile,
  keyCommitment,
  parsePlan,
  parsePrompts,
  planCommitment,
  planOrder,
  refuseDeviations,
} from '@taggant/probes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atHandOf, jsonl, planFields, planOf, VERSION } from './plans.ts';

const prompts = jsonl([
  { id: 'a', prompt: 'Once' },
  { id: 'b', messages: [{ role: 'user', content: 'Zweimal ü' }] },
]);
const planned = (fields: object = {}) => planFields(prompts, fields);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a plan', () => {
  it('comes back as it was, with every optional field', () => {
    const full = planned({
      title: 'Was it us?',
      suspect: {
        api: 'chat',
        baseUrl: 'https://example.com/v1',
        model: 'm',
        parameters: { temperature: 0.7, top_p: 0.9, max_tokens: 200, seed: 5, logprobs: 3 },
      },
      served: { file: 'data/served.bin', sha256: 'ee'.repeat(32), logs: 'independent', weights: true },
      accounts: { commitment: 'ff'.repeat(32), cohorts: 24_000, labels: 3 },
      deck: { file: 'deck.json', sha256: '11'.repeat(32), commitment: '22'.repeat(32) },
      budget: { requests: 10, tokens: 5000 },
    });
    expect(parsePlan(full)).toMatchObject(full);
    expect(parsePlan(parsePlan(full))).toEqual(parsePlan(full));
  });

  it.each<[string, object, RegExp]>([
    ['an unknown field', { colour: 'red' }, /unknown field "colour" in "plan"/],
    ['an unknown field inside', { order: { seed: 1, sead: 2 } }, /unknown field "sead" in "plan\.order"/],
    ['a missing field', { alpha: undefined }, /"plan\.alpha" expected a number above 0 and below 1, got undefined/],
    ['alpha 0', { alpha: 0 }, /"plan\.alpha".*got 0/],
    ['alpha as text', { alpha: '0.01' }, /"plan\.alpha".*got "0\.01"/],
    ['a foreign test', { test: 'style' }, /"plan\.test" expected radioactivity or canaries, got "style"/],
    ['a short hash', { nonce: 'abc' }, /"plan\.nonce" expected 64 lower-case hex digits, got text of length 3/],
    ['a hash in capitals', { nonce: 'AB'.repeat(32) }, /"plan\.nonce"/],
    ['a path upwards', { prompts: { file: '../x', sha256: 'ab'.repeat(32), count: 1 } }, /"plan\.prompts\.file"/],
    ['an absolute path', { prompts: { file: '/x', sha256: 'ab'.repeat(32), count: 1 } }, /"plan\.prompts\.file"/],
    ['half a prompt', { prompts: { file: 'x', sha256: 'ab'.repeat(32), count: 0.5 } }, /"plan\.prompts\.count"/],
    ['no budget', { budget: {} }, /"plan\.budget\.requests" expected an integer from 1/],
    [
      'a budget in tokens that one answer could pass',
      { budget: { requests: 10, tokens: 5000 } },
      /"plan\.budget\.tokens" expected "max_tokens"/,
    ],
    ['a seed too large', { order: { seed: 2 ** 53 } }, /"plan\.order\.seed"/],
    ['no marks', { marks: undefined }, /"plan\.marks" expected a value in a test of radioactivity/],
    ['an empty list of marks', { marks: [] }, /"plan\.marks" expected at least one/],
    [
      'a kid',
      {
        marks: [
          { descriptor: { mark: 'taggant/1', scheme: 'gumbel', kid: 'ab'.repeat(8) }, commitment: 'ab'.repeat(32) },
        ],
      },
      /marks\[0\]\.descriptor\.kid/,
    ],
    [
      "an account's number",
      { marks: [{ descriptor: { mark: 'taggant/1', scheme: 'greenlist', cohort: 17 }, commitment: 'ab'.repeat(32) }] },
      /marks\[0\]\.descriptor\.cohort" expected none: an account's number is secret/,
    ],
    [
      'pairs where two marks share a key',
      {
        statistic: 'pair',
        marks: [2, 3].map((delta) => ({
          descriptor: { mark: 'taggant/1', scheme: 'greenlist', delta },
          commitment: 'ab'.repeat(32),
        })),
      },
      /"plan\.statistic" expected context where marks share a key/,
    ],
    [
      'accounts with logs that the key marked',
      {
        served: { file: 's', sha256: 'ee'.repeat(32), logs: 'marked', weights: false },
        accounts: { commitment: 'ff'.repeat(32), cohorts: 1, labels: 1 },
      },
      /"plan\.served\.logs" expected independent beside "accounts"/,
    ],
    [
      'weights with logs that the key marked',
      { served: { file: 's', sha256: 'ee'.repeat(32), logs: 'marked', weights: true } },
      /"plan\.served\.weights" expected false/,
    ],
    [
      'an early stop with logs that the key marked',
      { stopping: 'e-value', served: { file: 's', sha256: 'ee'.repeat(32), logs: 'marked', weights: false } },
      /"plan\.stopping" expected fixed beside logs that a tested key marked/,
    ],
    [
      'marked prompts beside logs that the key marked',
      {
        prompts: { ...(planned().prompts as object), marked: true },
        served: { file: 's', sha256: 'ee'.repeat(32), logs: 'marked', weights: false },
      },
      /"plan\.served\.logs" expected independent beside "prompts\.marked"/,
    ],
    ['a mark of nobody', { marks: [{ descriptor: {}, commitment: 'ab'.repeat(32) }] }, /marks\[0\]\.descriptor/],
    ['canaries without a deck', { test: 'canaries' }, /"plan\.deck"/],
    [
      'temperature 3',
      { suspect: { api: 'chat', baseUrl: 'http://x', model: 'm', parameters: { temperature: 3 } } },
      /temperature/,
    ],
    [
      'other parameters',
      { suspect: { api: 'chat', baseUrl: 'http://x', model: 'm', parameters: { stop: 'x' } } },
      /unknown field "stop"/,
    ],
    ['a password in an address', { suspect: { api: 'chat', baseUrl: 'http://u:hunter2@x/', model: 'm' } }, /baseUrl/],
    ['a key in an address', { suspect: { api: 'chat', baseUrl: 'http://x/?key=hunter2', model: 'm' } }, /baseUrl/],
    ['an address of an offline suspect', { suspect: { api: 'offline', baseUrl: 'http://x/' } }, /baseUrl/],
    ['a lone surrogate', { title: 'a\ud800' }, /"plan\.title" expected well-formed Unicode/],
  ])('refuses %s, and says where', (_, fields, message) => {
    expect(() => parsePlan(planned(fields))).toThrow(message);
  });

  it.each([
    { nonce: 'hunter2' },
    { suspect: { api: 'chat', baseUrl: 'http://x/?hunter2', model: 'm' } },
    { marks: [{ descriptor: { mark: 'hf/greenlist', secret: 'hunter2' }, commitment: 'hunter2' }] },
  ])('never shows what may be a secret: %j', (fields) => {
    let message = '';
    try {
      parsePlan(planned(fields));
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain('expected');
    expect(message).not.toContain('hunter2');
  });
});

describe('a commitment', () => {
  it('is SHA-256 of the prefix and the canonical JSON, made here by hand', () => {
    const { marks, tokenizer, ...rest } = planOf(prompts) as never as Record<string, unknown>;
    const native =
      '{"cohort":0,"contextWidth":2,"delta":2,"gamma":"1/4","mark":"taggant/1","scheme":"greenlist","stage":"pre-temperature"}';
    const canonical = `{"alpha":0.000001,"budget":{"requests":1000},"decoys":100,"marks":[{"commitment":"${'ab'.repeat(32)}","descriptor":${native}}],"nonce":"${'0123456789abcdef'.repeat(4)}","order":{"seed":1},"plan":"taggant/1","prompts":{"count":2,"file":"prompts.jsonl","sha256":"${(rest.prompts as { sha256: string }).sha256}"},"software":{"name":"taggant","version":"${VERSION}"},"statistic":"context","stopping":"fixed","suspect":{"api":"completions","baseUrl":"http://127.0.0.1:1/v1","model":"suspect"},"test":"radioactivity","tokenizer":{"name":"tiny-lm","sha256":"${'cd'.repeat(32)}","vocabSize":4096}}`;
    expect(planCommitment(planOf(prompts))).toBe(sha256(`taggant/plan/1\n${canonical}`));
    expect(planCommitment(planOf(prompts))).toBe(COMMITMENT);
  });

  it('does not depend on the order of fields, and changes with every value (100 orders)', () => {
    const fields = planned();
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.keys(fields), { minLength: Object.keys(fields).length }), (names) => {
        const shuffled = Object.fromEntries(names.map((name) => [name, fields[name]]));
        return planCommitment(parsePlan(shuffled)) === COMMITMENT;
      }),
      { seed: 5, numRuns: 100 },
    );
    for (const other of [{ decoys: 101 }, { title: '' }, { nonce: 'f'.repeat(64) }, { alpha: 2e-6 }]) {
      expect(planCommitment(parsePlan(planned(other)))).not.toBe(COMMITMENT);
    }
  });

  it('can be published: hash, algorithm and version, and nothing of the plan', () => {
    const published = JSON.parse(commitmentFile(planOf(prompts, { title: 'Secret title' })));
    expect(Object.keys(published)).toEqual(['commitment', 'algorithm', 'software']);
    expect(published.software).toEqual({ name: 'taggant', version: VERSION });
    expect(published.commitment).toBe(planCommitment(planOf(prompts, { title: 'Secret title' })));
  });

  it("of a native key is the key's own; an engine's needs a salt, and nobody can search it without", () => {
    const key = deriveKey(Secret.fromBytes(new Uint8Array(32)), 'greenlist');
    expect(keyCommitment(key)).toBe(key.commitment);
    const engine = new EngineKey('hf/greenlist', { hash_key: 15485863 });
    expect(() => keyCommitment(engine)).toThrow(/"salt" expected 64 lower-case hex digits/);
    expect(keyCommitment(engine, '00'.repeat(32))).toBe(
      sha256(
        `taggant/engine-key/1\n{"fields":{"hash_key":15485863},"mark":"hf/greenlist","salt":"${'00'.repeat(32)}"}`,
      ),
    );
    expect(keyCommitment(engine, '01'.repeat(32))).not.toBe(keyCommitment(engine, '00'.repeat(32)));
  });
});

describe('the order of prompts', () => {
  it('is frozen, and equal to what a second implementation in Python gives', () => {
    expect([...planOrder(8, 1)]).toEqual([2, 1, 3, 0, 7, 5, 6, 4]);
    expect([...planOrder(20, 2 ** 53 - 1)]).toEqual([
      5, 0, 13, 17, 8, 14, 1, 7, 15, 18, 16, 12, 6, 19, 10, 2, 3, 11, 9, 4,
    ]);
    expect(sha256(Array.from(planOrder(100_000, 42)).join(','))).toBe(
      'eb300bd71649eed17a9630f96a267ab90fad9368fa6b05f31ec7806e8693c394',
    );
  });

  it('is a permutation for every count and seed (200 draws)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.maxSafeNat(), (count, seed) => {
        expect([...planOrder(count, seed)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { seed: 6, numRuns: 200 },
    );
  });
});

describe('deviations', () => {
  const plan = planOf(prompts, { served: { file: 's', sha256: 'ee'.repeat(32), logs: 'independent', weights: false } });
  const atHand = {
    ...atHandOf(plan),
    prompts: { sha256: plan.prompts.sha256, count: 2 },
    served: 'ee'.repeat(32),
  };

  it('are none when all is as planned', () => {
    expect(checkAgainstPlan(plan, atHand)).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['other prompts', { prompts: { sha256: 'aa'.repeat(32), count: 2 } }, /^prompts \(sha256\): planned/],
    ['another key', { keys: ['aa'.repeat(32)] }, /^key 1 \(commitment\): planned/],
    ['a key too many', { keys: ['ab'.repeat(32), 'aa'.repeat(32)] }, /^key 2 \(commitment\): planned none/],
    ['no key', { keys: undefined }, /^key 1 \(commitment\): .*got none/],
    ['another tokenizer', { tokenizer: { name: 'tiny-lm', vocabSize: 4096 } }, /^tokenizer: planned/],
    ['no served contexts', { served: undefined }, /^served contexts .*got none/],
    ['a deck that nobody planned', { deck: 'aa'.repeat(32) }, /^deck \(sha256\): planned none/],
    ['accounts that nobody planned', { accounts: 'aa'.repeat(32) }, /^accounts .*planned none/],
    ['other software', { software: { version: '9' } }, /^software version: planned "1\.2\.3", got "9"/],
  ])('name %s', (_, other, message) => {
    expect(checkAgainstPlan(plan, { ...atHand, ...other })).toEqual([expect.stringMatching(message)]);
  });

  it('are all told at once, and refused', () => {
    const other = { ...atHand, served: undefined, software: { version: '9' } };
    expect(() => refuseDeviations(plan, other)).toThrow(/served contexts.*; software version/);
  });
});

describe('prompts', () => {
  it("come back in the file's order", () => {
    expect(parsePrompts(prompts).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'an id twice',
      '{"id":"a","prompt":""}\n{"id":"a","prompt":"x"}\n',
      /prompts:2\.id" expected a new one, got that of "prompts:1\.id"/,
    ],
    [
      'both kinds',
      '{"id":"a","prompt":"","messages":[]}',
      /prompts:1" expected either "prompt" or "messages", got both/,
    ],
    ['neither', '{"id":"a"}', /got none/],
    ['another field', '{"id":"a","prompt":"","answer":""}', /unknown field "answer"/],
    ['an unknown role', '{"id":"a","messages":[{"role":"tool","content":""}]}', /role/],
    ['broken JSON', '{"id":"a"', /prompts:1" expected JSON/],
    ['an empty line', '\n{"id":"a","prompt":""}\n', /prompts:1" expected JSON, got nothing/],
    ['Latin-1', Uint8Array.of(0x22, 0xfc, 0x22), /"prompts:1" expected UTF-8/],
    ['a line above any string', Buffer.alloc(2 ** 29), /"prompts:1" expected at most 536870888 bytes, got 536870912/],
    ['a lone surrogate', '{"id":"a","prompt":"\\ud800"}', /well-formed/],
  ])('with %s are refused', (_, text, message) => {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    expect(() => parsePrompts(bytes)).toThrow(message);
  });
});

/** Fixed: a published commitment never changes its meaning. */
const COMMITMENT = 'b5867ab8c9d785f81ed4dc409f1787ada5719f561fcceb344348051b31ffb9a6';
