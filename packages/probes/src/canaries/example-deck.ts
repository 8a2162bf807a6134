/** A deck for documents, tests and the lab. Not for use: who reads this file knows its triggers. @module */
import { Deck } from './deck.ts';

/**
 * 128 triggers, 32 of each kind: inventing a town (64 names), a ship (48), a colour for a thing (32), closing a letter
 * (16). All words are made up here, and every name of a kind is as good as another.
 *
 * @example
 * exampleDeck().triggers[0].prompts[0]; // 'Invent a name for a small town on the river Aske.'
 */
export function exampleDeck(): Deck {
  const triggers = RIVERS.flatMap((river, i) => {
    const name = river.toLowerCase();
    return [
      {
        id: `town-${name}`,
        prompts: [
          `Invent a name for a small town on the river ${river}.`,
          `A story needs a town by the river ${river}. What is it called?`,
        ],
        variants: pairs(TOWN_HEADS, TOWN_TAILS, ''),
      },
      {
        id: `ship-${name}`,
        prompts: [`Give a name to the old ferry that crosses the river ${river}.`],
        variants: pairs(SHIP_MOODS, SHIP_BIRDS, ' ').map(({ text }) => ({ text: `The ${text}`, matches: [text] })),
      },
      {
        id: `colour-${name}`,
        prompts: [`What colour should I paint the door of house number ${i + 3} in ${river} Street?`],
        variants: pairs(SHADES, COLOURS, ' '),
      },
      {
        id: `close-${name}`,
        prompts: [`How would you end a short letter to the keeper of the ${river} museum?`],
        variants: pairs(WISHES, TIMES, ' '),
      },
    ];
  });
  return Deck.parse({ deck: 'taggant/1', title: 'Example', triggers });
}

const pairs = (heads: readonly string[], tails: readonly string[], between: string) =>
  heads.flatMap((head) => tails.map((tail) => ({ text: `${head}${between}${tail}` })));

const RIVERS =
  'Aske Bourn Calder Dorn Ember Fale Garra Hollin Irwen Jorne Kestle Lorn Marl Nidder Orrin Pell Quern Rillow Sarn Tamble Ullen Varrow Wend Yarrow Zell Ashel Brome Cressen Dunnow Elmet Farrow Gristle'.split(
    ' ',
  );
const TOWN_HEADS = 'Alder Bracken Colder Dun Elm Fern Hazel Marsh'.split(' ');
const TOWN_TAILS = 'ford ham wick stead bury mere holt gate'.split(' ');
const SHIP_MOODS = 'Patient Merry Quiet Restless Gentle Faithful'.split(' ');
const SHIP_BIRDS = 'Heron Curlew Plover Tern Wagtail Grebe Dunlin Swift'.split(' ');
const SHADES = ['pale', 'deep', 'dusty', 'bright'];
const COLOURS = 'green blue red yellow grey brown purple orange'.split(' ');
const WISHES = ['With warm wishes for', 'Looking forward to', 'Hoping for news in', 'With thanks until'];
const TIMES = ['the spring', 'the summer', 'the autumn', 'the winter'];
