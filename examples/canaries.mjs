// Did a model learn from what one of my accounts was told? Canaries: prompts with many equally good answers, of which each
// account is served its own. Whoever trains on them repeats that account's choices.
import { deriveCanaryKey, Secret } from '@taggant/core';
import { formatP } from '@taggant/detector';
import { deckPrompts, drawVariants, exampleDeck, hitsNeeded, servingLines, testDeck, triggerOf } from '@taggant/probes';

// Your own deck is JSON: Deck.parse(JSON.parse(text)). The same key in every run, so that the output is too; yours comes
// from Secret.generate(). Publish deck.hash and key.commitment before the first reply is seen.
const deck = exampleDeck();
const key = deriveCanaryKey(Secret.fromBytes(new Uint8Array(32).fill(7)));
const accounts = ['account 1', 'account 2', 'account 3'];
console.log(`deck ${deck.hash.slice(0, 16)}, ${deck.triggers.length} triggers; key ${key.kid}`);
console.log(
  `hits needed at alpha 1e-6 among ${accounts.length} accounts: ${hitsNeeded(deck.sizes, 1e-6 / accounts.length)}`,
);

// For the serving side: what each account is told at each trigger. Keep it as secret as the draws are.
const [, ...rows] = Array.from(servingLines(deck, key, accounts), (line) => JSON.parse(line));
for (const { account, texts } of rows) console.log(`${account} is told: ${texts.slice(0, 3).join(' | ')} | ...`);

// Two suspects. Both love the first variant of everything; one learned from account 2 and repeats a quarter of it.
const random = generator(1);
const habit = (q) => deck.triggers[q].variants[random() < 0.8 ? 0 : Math.floor(random() * deck.sizes[q])].text;
const learned = (q) => (random() < 0.25 ? rows[1].texts[q] : habit(q));

const draws = drawVariants(deck, key, accounts);
for (const [name, suspect] of Object.entries({ student: learned, innocent: habit })) {
  const replies = deckPrompts(deck, 3).map(({ id }) => {
    const trigger = triggerOf(id);
    return { trigger, reply: `I would say: ${suspect(deck.placeOf(trigger))}.` };
  });
  const { lnP, candidates, expectedHits } = testDeck(deck, draws, replies);
  const [{ account, hits }] = candidates;
  const verdict = lnP <= Math.log(1e-6) ? `learned from ${account}` : 'nothing found';
  console.log(`${name}: ${verdict}. p = ${formatP(lnP)}; ${hits} hits where chance gives ${expectedHits.toFixed(1)}`);
}

/** Park and Miller's generator, so that the example says the same every time. */
function generator(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
