/** Texts marked here, for textseal.py to detect: node --conditions=@taggant/source --import tsx ours-textseal.ts > OURS.json */
import { ourTextSealTexts } from '../textseal-texts.ts';

console.log(JSON.stringify(ourTextSealTexts()));
