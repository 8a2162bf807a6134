/** What a deployment may have put on its texts in place of the mark. @module */
import { importKey, type Mark, type NativeDescriptor, openMark } from '@taggant/core';
import type { Suspicion } from '@taggant/verify';
import type { MarkFile } from '../mark-file.ts';
import type { ConfigFile } from './config.ts';
import { otherMarks } from './coverage.ts';

/** Other settings of the mark, and the keyring's other keys. */
export const suspicionsOf = (marks: MarkFile, file: ConfigFile): Suspicion[] => [
  ...otherSettings(marks),
  ...otherKeys(file, marks.marks[0]),
];

/** The keyring's other keys: one may have been forgotten when keys were changed. */
function otherKeys({ config: { keyring = 'taggant-keys.json' }, resolve }: ConfigFile, mark: Mark): Suspicion[] {
  return otherMarks(mark, { keyring: resolve(keyring) }).map((other) => ({
    name: `the mark of the key ${other.descriptor.kid}`,
    mark: other,
  }));
}

/** Settings that a deployment may have wrong, under the mark's own key. */
function otherSettings({ marks: [mark], seal }: MarkFile): Suspicion[] {
  const [sealed] = seal();
  if (!('key' in sealed)) return [];
  const { descriptor } = sealed;
  const key = importKey(sealed.key, descriptor.scheme);
  const variant = (name: string, change: object): Suspicion => ({
    name,
    mark: openMark({ ...(mark as Mark<NativeDescriptor>).descriptor, ...change } as NativeDescriptor, key),
  });
  const widths = [0, 1, 2, 3, 4].filter((width) => width !== descriptor.contextWidth);
  const gammas = ['1/2', '1/4', '1/8', '1/16', '3/4', '3/8'];
  return [
    ...widths.map((width) => variant(`a context of ${width} tokens`, { contextWidth: width })),
    ...(descriptor.scheme === 'greenlist'
      ? gammas.filter((gamma) => gamma !== descriptor.gamma).map((gamma) => variant(`gamma ${gamma}`, { gamma }))
      : []),
  ];
}
