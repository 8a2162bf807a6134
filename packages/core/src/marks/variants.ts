/** Settings that a text may have been marked with instead of the ones that somebody wrote down. @module */
import { type NativeDescriptor, parseDescriptor } from '../descriptor.ts';

/**
 * The descriptor itself, and those that differ from it in what people get wrong: gamma, context width, layers. None
 * names a tokenizer, because a scan tries several.
 *
 * @example
 * nativeVariants(mark.descriptor).length; // 30 for a green list: 6 values of gamma, 5 widths
 */
export function nativeVariants(descriptor: NativeDescriptor): NativeDescriptor[] {
  const { tokenizer: _, ...parameters } = parseDescriptor(descriptor);
  // Without a context, cohorts of one key cannot be told apart.
  const widths = (parameters.cohort === 0 ? [0, 1, 2, 3, 4] : [1, 2, 3, 4]).map((contextWidth) => ({ contextWidth }));
  const own =
    parameters.scheme === 'greenlist'
      ? [...new Set([parameters.gamma, ...GAMMAS])].map((gamma) => ({ gamma }))
      : parameters.scheme === 'tournament'
        ? [...new Set([parameters.layers, 30, 20, 10])].map((layers) => ({ layers }))
        : [{}];
  const all = own.flatMap((a) => widths.map((b) => ({ ...parameters, ...a, ...b })));
  return all.map(parseDescriptor);
}

const GAMMAS = ['1/4', '1/2', '1/8', '1/16', '3/8', '3/4'];
