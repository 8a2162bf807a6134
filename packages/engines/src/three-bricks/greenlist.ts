/**
 * The green list of Three Bricks (facebookresearch/three_bricks, commit ee9c7a28, method `maryland`), derived anew from its
 * formulas. Fernandez, Chaffin, Tit, Chappelier & Furon 2023, "Three Bricks to Consolidate Watermarks for Large Language Models".
 *
 * The list is rolled by the payload: under message m token t is green if t + m is on it. Its generator permutes a row of logits,
 * its detector the tokenizer's ids: where the two widths differ it does not find its own mark, and `vocabSize` is the row's.
 * Its detector skips the first token that has a whole context. The key is reduced to 32 bits of seed.
 * @module
 */
import type { EngineFigures } from '@taggant/core';
import { lnBinomialTail } from '@taggant/stats';
import { distinctFlags, normalTail, sumOf, zOfGreen } from '../families/green-figures.ts';
import { permutedGreenlist } from '../families/permuted-greenlist.ts';
import { floorMod, low32, SEED_MODULUS } from '../int64.ts';
import { needVocabSize, type Recipe, type Settings } from '../opener.ts';
