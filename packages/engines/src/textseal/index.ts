/** TextSeal's marks: those of 0.0.5, and what changed in 0.2.0 under names of their own. @module */
import type { Opener } from '../opener.ts';
import { openGreenlist } from './greenlist.ts';
import { openDualKeyGumbel, openGumbel } from './gumbel.ts';
import { openSynthId, openSynthId02 } from './synthid.ts';

export const textseal: Readonly<Record<string, Opener>> = {
  'textseal/gumbel': openGumbel,
  'textseal/greenlist': openGreenlist,
  'textseal/synthid': openSynthId,
  'textseal/dual-key-gumbel-0.2': openDualKeyGumbel,
  'textseal/synthid-0.2': openSynthId02,
};
