/** The marks of Three Bricks. @module */
import type { Opener } from '../opener.ts';
import { openGreenlist } from './greenlist.ts';
import { openGumbel } from './gumbel.ts';

export const threeBricks: Readonly<Record<string, Opener>> = {
  'three-bricks/greenlist': openGreenlist,
  'three-bricks/gumbel': openGumbel,
};
