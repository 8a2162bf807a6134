/** Progress on standard error, for long work that a person waits for and whose results go elsewhere. @module */
import { formatE } from '@taggant/detector';
import type { SpoofingProgress } from '@taggant/verify';
import { complain } from './errors.ts';

export interface Progress {
  advance(amount: number): void;
  stop(): void;
}

/** Progress through a corpus: `advance` takes bytes of its files. */
export interface CorpusProgress extends Progress {
  /** What was tested since the last call. The first call starts the clock: what came before is start-up, or an older run's. */
  tested(texts: number, tokens: number): void;
}

/** A bar. Silent unless standard error is a terminal, standard output is not, and the work is long. */
export async function openProgress(total: number | undefined, longFrom: number): Promise<Progress> {
  if (total === undefined || total < longFrom || !process.stderr.isTTY || process.stdout.isTTY) return SILENT;
  return openBar(total, '{bar} {percentage} % | {eta_formatted} left');
}

/** A bar with rates and the time left. `elsewhere`: the results do not go to standard output. */
export async function openCorpusProgress(total: number | undefined, elsewhere: boolean): Promise<CorpusProgress> {
  const seen = process.stderr.isTTY && (elsewhere || !process.stdout.isTTY);
  if (total === undefined || total < LONG_BYTES || !seen) return { ...SILENT, tested: () => {} };
  const bar = await openBar(total, '{bar} {percentage} % | {rates} | {left} left', { rates: 'starting', left: '-' });
  let begin: { readonly seconds: number; readonly bytes: number } | undefined;
  let [bytes, texts, tokens] = [0, 0, 0];
  return {
    advance(amount) {
      bytes += amount;
      bar.advance(amount);
    },
    tested(moreTexts, moreTokens) {
      if (begin === undefined) {
        begin = { seconds: now(), bytes };
        return;
      }
      texts += moreTexts;
      tokens += moreTokens;
      const seconds = now() - begin.seconds;
      const perSecond = (bytes - begin.bytes) / seconds;
      if (seconds < 1 || perSecond === 0) return;
      const rates = [
        `${rounded(perSecond / 1e6)} MB/s read`,
        `${rounded(texts / seconds)} texts/s`,
        `${rounded(tokens / seconds / 1000)} k tokens/s`,
      ];
      bar.show({ rates: rates.join(', '), left: duration((total - bytes) / perSecond) });
    },
    stop: bar.stop,
  };
}

/**
 * A bar for the decoys of one input after the other, moved by what `to` is told until `stop`; silent unless they are many and
 * somebody watches. It is drawn from within the work, which leaves no time for timers.
 */
export async function openDecoyProgress(
  total: number | undefined,
): Promise<{ to?(scored: number): void; stop(): void }> {
  if (total === undefined || total < LONG_DECOYS || !process.stderr.isTTY) return { stop: () => {} };
  const bar = await newBar('decoy keys {bar} {percentage} %');
  return {
    to(scored) {
      if (!bar.isActive) bar.start(total, 0);
      bar.update(scored);
    },
    stop: () => bar.stop(),
  };
}

/** A bar of answers, with the largest e-value so far. `say`: a line of its own, above the bar. */
export async function openProbeProgress(total: number) {
  if (!process.stderr.isTTY) return { show: () => {}, say: complain, stop: () => {} };
  const bar = await newBar('{bar} {value} of {total} answers{failed} | e-value {e} at most | {left} left');
  let begin: { readonly seconds: number; readonly used: number } | undefined;
  let [shown, payload] = [0, { failed: '', e: '1', left: '-' }];
  bar.start(total, shown, payload);
  process.once('exit', () => bar.stop());
  return {
    show({ used, failed, lnSup }: { readonly used: number; readonly failed: number; readonly lnSup: number }) {
      // What an earlier process asked says nothing about the rate.
      begin ??= { seconds: now(), used };
      const perSecond = (used - begin.used) / (now() - begin.seconds);
      const left = perSecond > 0 ? duration((total - used) / perSecond) : '-';
      shown = used;
      payload = { failed: failed > 0 ? ` (${failed} failed)` : '', e: formatE(lnSup), left };
      bar.update(shown, payload);
    },
    say(line: string) {
      bar.stop();
      const said = complain(line);
      bar.start(total, shown, payload);
      return said;
    },
    stop: () => bar.stop(),
  };
}

async function openBar(total: number, format: string, payload: object = {}) {
  const bar = await newBar(format);
  bar.start(total, 0, payload);
  process.once('exit', () => bar.stop());
  return {
    advance: (amount: number) => bar.increment(amount),
    show: (payload: object) => bar.update(payload),
    stop: () => bar.stop(),
  };
}

async function newBar(format: string) {
  const { default: cliProgress } = await import('cli-progress');
  return new cliProgress.SingleBar({
    format,
    stream: process.stderr,
    clearOnComplete: true,
    barCompleteChar: '=',
    barIncompleteChar: '-',
    barsize: 20,
  });
}

/** Three figures, with thousands set off. */
const rounded = (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** `1:02:03`, `2:03`. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [first, ...rest] = parts[0] > 0 ? parts : parts.slice(1);
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}

const now = () => performance.now() / 1000;
const LONG_DECOYS = 20_000;
const LONG_BYTES = 1 << 20;
const SILENT: Progress = { advance: () => {}, stop: () => {} };

/** A bar for a gate: texts towards the next look, and how many checks are open. In a pipeline a line a look. */
export async function openGateProgress(): Promise<{
  show(now: { texts: number; wanted: number; look: number; looks: number; undecided: number }): void;
  stop(): void;
}> {
  if (!process.stderr.isTTY) {
    let told = 0;
    return {
      show({ wanted, look, looks, undecided }) {
        if (look === told) return;
        told = look;
        const open = undecided === 0 ? '' : `, ${undecided} checks undecided so far`;
        process.stderr.write(`taggant: look ${look} of at most ${looks}: ${wanted} texts${open}\n`);
      },
      stop: () => {},
    };
  }
  const bar = await newBar('{bar} {value} of {total} texts | look {look} of at most {looks} | {open}');
  return {
    show({ texts, wanted, look, looks, undecided }) {
      const open = undecided === 0 ? '' : `${undecided} checks undecided`;
      if (!bar.isActive) bar.start(wanted, texts, { look, looks, open });
      bar.setTotal(wanted);
      bar.update(texts, { look, looks, open });
    },
    stop: () => bar.stop(),
  };
}

/** A bar for a spoofing attack: what it is writing. In a pipeline a line for each. */
export async function openSpoofingProgress(): Promise<{ show(now: SpoofingProgress): void; stop(): void }> {
  if (!process.stderr.isTTY) {
    let told: string | undefined;
    return {
      show({ writing, wanted }) {
        if (writing === told) return;
        told = writing;
        process.stderr.write(`taggant: spoofing: ${SPOOFING[writing]}, ${wanted} texts\n`);
      },
      stop: () => {},
    };
  }
  const bar = await newBar('{bar} {value} of {total} texts | spoofing: {what}');
  return {
    show({ writing, done, wanted }) {
      const what = SPOOFING[writing];
      if (!bar.isActive) bar.start(wanted, done, { what });
      bar.setTotal(wanted);
      bar.update(done, { what });
    },
    stop: () => bar.stop(),
  };
}

const SPOOFING = {
  queries: 'answers that the attacker asks for',
  base: 'text of its own model',
  forgeries: 'forgeries',
};
