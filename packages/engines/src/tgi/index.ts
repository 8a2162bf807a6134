/** The mark of Text Generation Inference. @module */
import type { Opener } from '../opener.ts';
import { openGreenlist } from './greenlist.ts';

export const tgi: Readonly<Record<string, Opener>> = { 'tgi/greenlist': openGreenlist };
