import { engineKeyFields, engineMarkNames, engineVariants, openEngineMark, withRandomKey } from '@taggant/engines';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../core/test/support.ts';

const KEYS = Array.from({ length: 30 }, (_, i) => 7 * i + 1);
const CONFIGS: Record<string, object> = {
  'hf/synthid': { ngram_len: 5, keys: KEYS },
  'deepmind/synthid': { ngram_len: 5, keys: KEYS },
  'markllm/synthid': { ngram_len: 5, keys: KEYS },
  'sglang/gumbel': { key: '0123456789abcdef' },
  ...Object.fromEntries(engineMarkNames.filter((mark) => mark.startsWith('vllm/')).map((mark) => [mark, { key: 42 }])),
};

describe.each(engineMarkNames)('variants of %s', (mark) => {
  const file = { mark, config: CONFIGS[mark] ?? {}, vocabSize: 1000, device: 'cpu' } as const;
  const variants = engineVariants(file, [1024]);

  it('begin with the file itself, all open, and no two are the same', () => {
    expect(openEngineMark(variants[0]).title).toBe(openEngineMark(file).title);
    const opened = variants.map((variant) => JSON.stringify(openEngineMark(variant).descriptor));
    expect(new Set(opened).size).toBe(opened.length);
  });

  it('keep the key, which none of their descriptors shows', () => {
    const fields = engineKeyFields(file);
    for (const variant of variants) {
      for (const field of fields) {
        expect((variant.config as Record<string, unknown>)[field]).toBe(
          (file.config as Record<string, unknown>)[field],
        );
        expect(openEngineMark(variant).descriptor.config).not.toHaveProperty(field);
      }
    }
  });
});

describe.each(engineMarkNames)('withRandomKey of %s', (mark) => {
  const file = { mark, config: CONFIGS[mark] ?? {}, vocabSize: 1000, device: 'cpu' } as const;
  const counting = (start: number) => {
    const next = uniforms(start);
    return (length: number) => Uint8Array.from({ length }, () => 256 * next());
  };

  it('changes the key and nothing else: the same mark and the same law', () => {
    const [one, other] = [1, 2].map((start) => withRandomKey(file, counting(start)));
    expect(engineKeyFields(one).length).toBe(Math.max(1, engineKeyFields(file).length));
    expect(one).not.toEqual(other);
    expect(withRandomKey(file, counting(1))).toEqual(one);
    const [was, is] = [openEngineMark(file), openEngineMark(one)];
    expect([is.law, is.title, is.descriptor]).toEqual([was.law, was.title, was.descriptor]);
  });
});

describe('keys that are weak or doubled', () => {
  it('textseal: the same key twice is scored once', () => {
    const open = (secret_key_b: number) =>
      openEngineMark({ mark: 'textseal/dual-key-gumbel-0.2', config: { secret_key: 42, secret_key_b } });
    expect(open(42).law).toEqual({ law: 'gamma', shape: 1 });
    expect(open(43).law.law).toBe('gamma-sum');
  });

  it('null is no key, and a value in the wrong field is not shown', () => {
    const open = (config: object) => () => openEngineMark({ mark: 'hf/greenlist', config, vocabSize: 1000 });
    expect(open({ hashing_key: null })).toThrow('"config.hashing_key" expected a value, got null');
    for (const config of [{ seeding_scheme: '15485863999' }, { context_width: 15485863999 }, { bias: '15485863999' }]) {
      expect(open(config)).toThrow(/"config\.\w+" expected/);
      expect(open(config)).not.toThrow('15485863999');
    }
  });
});
