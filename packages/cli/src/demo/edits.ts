/** What happens to a text after it left the model: words replaced, parts deleted, pasted into something else. @module */

/** Replaces a share of the words, evenly at random, by words drawn from another text. */
export function replaceWords(text: string, share: number, donor: string, random: () => number): string {
  const parts = text.split(/(\s+)/);
  const places = parts.flatMap((part, i) => (/\S/.test(part) ? [i] : []));
  const pool = wordsOf(donor);
  const count = Math.round(share * places.length);
  for (let i = 0; i < count; i++) {
    // Fisher-Yates, as far as it is needed: distinct places.
    const j = i + Math.floor(random() * (places.length - i));
    [places[i], places[j]] = [places[j], places[i]];
    parts[places[i]] = pool[Math.floor(random() * pool.length)];
  }
  return parts.join('');
}

/** The second half of the words. */
export function secondHalf(text: string): string {
  const parts = text.split(/(\s+)/);
  const words = Math.ceil(parts.length / 2);
  return parts.slice(2 * Math.floor(words / 2)).join('');
}

/** The text after the sentence that ends nearest to the middle of the host. */
export function paste(text: string, host: string): string {
  const ends = [...host.matchAll(/[.!?]\s+/g)].map((match) => match.index + match[0].length);
  const distance = (end: number) => Math.abs(end - host.length / 2);
  const middle = ends.reduce((a, b) => (distance(b) < distance(a) ? b : a), host.length);
  return `${host.slice(0, middle).trimEnd()}\n\n${text}\n\n${host.slice(middle)}`;
}

const wordsOf = (text: string) => text.match(/\S+/g) ?? ['and'];
