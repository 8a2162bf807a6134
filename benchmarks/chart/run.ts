/**
 * Draws what `npm run bench -- --record` and `npm run bench:peers -- --record` recorded: charts into docs/images, tables
 * into docs/performance.md between its markers. `npm run bench:chart`.
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeMachine, type Machine } from '../machine.ts';
import type { Comparison } from '../peers/run.ts';
import type { Figure } from '../speed/run.ts';
import { type Bar, barChart, type Section } from './bars.ts';

type SpeedRecord = Machine & { readonly date: string; readonly turns: number; readonly results: readonly Figure[] };
type PeersRecord = Machine & {
  readonly date: string;
  readonly texts: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly runs: readonly { readonly threads: number; readonly comparisons: readonly Comparison[] }[];
};

const docs = (path: string) => fileURLToPath(new URL(`../../docs/${path}`, import.meta.url));
mkdirSync(docs('images'), { recursive: true });
let page = readFileSync(docs('performance.md'), 'utf8');
put('figures', (await Promise.all(records<SpeedRecord>('speed').map(speedPart))).join('\n\n'));
put('field', (await Promise.all(records<PeersRecord>('peers').map(peersPart))).join('\n\n'));
writeFileSync(docs('performance.md'), page);

function records<R>(kind: string): { name: string; record: R }[] {
  const folder = fileURLToPath(new URL(`../record/${kind}/`, import.meta.url));
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  return files.sort().map((file) => ({
    name: file.slice(0, -'.json'.length),
    record: JSON.parse(readFileSync(folder + file, 'utf8')),
  }));
}

/** Replaces what stands between the two markers of a name. */
function put(name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: npm run bench:chart writes this -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`docs/performance.md expected to hold ${begin} and ${end}, got neither or one`);
  page = `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

async function speedPart({ name, record }: { name: string; record: SpeedRecord }): Promise<string> {
  const groups = [...new Set(record.results.map(({ group }) => group))];
  const sections = (bar: (figure: Figure) => Bar | undefined): Section[] =>
    groups
      .map((title) => ({ title, bars: inGroup(title).flatMap((figure) => bar(figure) ?? []) }))
      .filter(({ bars }) => bars.length > 0);
  const inGroup = (group: string) => record.results.filter((figure) => figure.group === group);
  const kind = (figure: Figure) => (figure.name.includes('[js]') ? 'plain' : 'good');

  const times = sections((figure) => {
    if (!figure.ratio) return undefined;
    const { value } = figure.ratio;
    return { name: figure.name, value, text: `${short(value)} x`, kind: kind(figure) };
  });
  const shares = sections((figure) => {
    if (!figure.share) return undefined;
    const value = 100 * figure.share.value;
    return { name: figure.name, value, text: `${value.toFixed(0)} %`, kind: kind(figure) };
  });
  const where = describeMachine(record);
  const images = [
    times.length > 0 &&
      (await image(`speed-${name}-times`, 'What each case costs as a multiple of the case it is compared with', times, {
        title: 'times the case compared with (log scale; less is better)',
        log: true,
        from: 1,
        to: 10,
        ticks: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        format: '~g',
      })),
    shares.length > 0 &&
      (await image(`speed-${name}-shares`, 'How close each rate is to its limit', shares, {
        title: 'per cent of the limit (more is better)',
        from: 0,
        to: 100,
        ticks: [0, 20, 40, 60, 80, 100],
        format: 'd',
      })),
  ];
  const lines = record.results.map(
    ({ group, name, value, unit, ratio, share }) =>
      `| ${group} | ${name} | ${short(value)} ${unit} | ${ratio ? `${short(ratio.value)} x ${ratio.to}` : ''}${share ? `${(100 * share.value).toFixed(0)} % of ${share.of}` : ''} |`,
  );
  return [
    `${where}; ${record.date.slice(0, 10)}; medians of ${record.turns} turns.`,
    ...images.filter(Boolean),
    ['| group | case | figure | beside its limit |', '| --- | --- | ---: | --- |', ...lines].join('\n'),
  ].join('\n\n');
}

async function peersPart({ name, record }: { name: string; record: PeersRecord }): Promise<string> {
  const [first, ...others] = record.runs;
  if (!first) throw new Error(`record/peers/${name}.json expected at least one run, got none`);
  const sections = (detect: boolean): Section[] => {
    const chosen = first.comparisons.filter(({ task }) => task.endsWith('/detect') === detect);
    return [...new Set(chosen.map(({ task }) => task))].map((task) => {
      const rows = chosen.filter((row) => row.task === task);
      const { name, seconds } = rows[0]!.ours;
      return {
        title: `${name}: ours ${microseconds(seconds)}`,
        bars: rows.map(({ peer, name, ratio }) => ({
          name: `${peer}: ${name}`,
          value: ratio,
          text: `${short(ratio)} x`,
          kind: ratio >= 1 ? ('good' as const) : ('poor' as const),
        })),
      };
    });
  };
  const scale = { log: true, from: 1, ticks: [0.1, 1, 10, 100, 1000, 10_000], format: '~g' };
  const images = [
    await image(`peers-${name}-step`, 'Time of one embedding step: peers as multiples of ours', sections(false), {
      ...scale,
      title: 'times our step (log scale, one core)',
      to: 100,
    }),
    await image(`peers-${name}-detect`, 'Time of one detection: peers as multiples of ours', sections(true), {
      ...scale,
      title: 'times our detection (log scale, one core)',
      to: 1000,
    }),
  ];
  const ratioOn = (index: number) => others.map(({ comparisons }) => `${short(comparisons[index]!.ratio)} x`);
  const lines = first.comparisons.map(
    ({ ours, peer, name, seconds, ratio }, i) =>
      `| ${[ours.name, microseconds(ours.seconds), `${peer}: ${name}`, microseconds(seconds), `${short(ratio)} x`, ...ratioOn(i)].join(' | ')} |`,
  );
  const heads = [
    'ours',
    'time',
    'peer',
    'time',
    'ratio, 1 thread',
    ...others.map(({ threads }) => `${threads} threads`),
  ];
  const versions = Object.entries(record.versions).map(([package_, version]) => `${package_} ${version}`);
  return [
    `${describeMachine(record)}; ${versions.join(', ')}; ${record.date.slice(0, 10)}; texts: ${record.texts}.`,
    ...images,
    [`| ${heads.join(' | ')} |`, `| --- | ---: | --- ${'| ---: '.repeat(heads.length - 3)}|`, ...lines].join('\n'),
  ].join('\n\n');
}

/** Writes the picture; returns the line that shows it. */
async function image(name: string, label: string, ...rest: [readonly Section[], Parameters<typeof barChart>[2]]) {
  writeFileSync(docs(`images/${name}.svg`), await barChart(label, ...rest));
  return `![${label}](images/${name}.svg)`;
}

function short(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

function microseconds(seconds: number): string {
  return `${short(seconds * 1e6)} us`;
}
