/** Settings of an engine that a text may have been marked with instead of the ones that somebody wrote down. @module */
import type { EngineMarkFile } from './engine-mark.ts';

/**
 * The file itself, first, and those that differ from it in what people get wrong: the share of green tokens, the context, the
 * seeding scheme, the device, the width of the logits (`vocabSizes`: further ones to try).
 *
 * @example
 * engineVariants({ mark: 'hf/greenlist', config: { hashing_key: 15485863 }, vocabSize: 50257 }).length > 10; // true
 */
export function engineVariants(file: EngineMarkFile, vocabSizes: readonly number[] = []): EngineMarkFile[] {
  const { device = 'cpu', vocabSize } = file;
  const configs = (TRIED[file.mark] ?? []).reduce<object[]>(
    (all, axis) => all.flatMap((config) => [{}, ...axis].map((change) => ({ ...config, ...change }))),
    [file.config],
  );
  const sizes = vocabSize === undefined ? [undefined] : unique([vocabSize, ...vocabSizes]);
  const devices = DEVICES_DIFFER.includes(file.mark) ? unique([device, 'cpu', 'cuda'] as const) : [file.device];
  const variants = configs.flatMap((config) =>
    sizes.flatMap((size) =>
      devices.map((where) => ({
        ...file,
        config,
        ...(size === undefined ? {} : { vocabSize: size }),
        ...(where === undefined ? {} : { device: where }),
      })),
    ),
  );
  return [...new Map(variants.map((variant) => [JSON.stringify(variant), variant])).values()];
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Axes of change, each a list of changes to the configuration, by the engines' own field names. All combinations are tried. */
const TRIED: Readonly<Record<string, readonly (readonly object[])[]>> = {
  'hf/greenlist': [
    [0.25, 0.5, 0.1].map((greenlist_ratio) => ({ greenlist_ratio })),
    [
      { seeding_scheme: 'lefthash' },
      ...[1, 2, 3, 4].map((context_width) => ({ seeding_scheme: 'selfhash', context_width })),
    ],
  ],
};
const DEVICES_DIFFER: readonly string[] = ['hf/synthid'];
