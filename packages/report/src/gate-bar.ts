/** A bar: what was measured, with its bounds, against what was expected. @module */
import type { CheckResult } from '@taggant/verify';
import { checkFigures } from '@taggant/verify';
import { type Html, html } from './html.ts';

/** Nothing where there is nothing to compare. What is allowed is shaded, its limits are rules. */
export function gateBar(check: CheckResult): Html | undefined {
  const { measured, interval, expected: { least, most } = {}, outcome } = check;
  const numbers = [measured, ...(interval ?? []), least, most].filter((value) => value !== undefined);
  const isBounded = least !== undefined || most !== undefined;
  if (interval === undefined && (measured === undefined || !isBounded)) return undefined;
  const [low, high] = rangeOf(numbers, least);
  const x = (value: number) => (4 + ((value - low) / (high - low)) * (WIDTH - 8)).toFixed(1);
  const { measured: is, bounds, expected } = checkFigures(check);
  const label = [is && `measured ${is}`, bounds && `bounds ${bounds}`, expected && `expected ${expected}`];
  return html`<svg role="img" aria-label="${label.filter(Boolean).join(', ')}" viewBox="0 0 ${WIDTH} ${HEIGHT}" style="max-width:${WIDTH}px">
<line class="track" x1="0" x2="${WIDTH}" y1="9" y2="9"/>
${isBounded ? html`<rect class="allowed" x="${least === undefined ? 0 : x(least)}" y="1" width="${width(least === undefined ? 0 : x(least), most === undefined ? WIDTH : x(most))}" height="16"/>` : undefined}
${[least, most].map((limit) => limit !== undefined && html`<line class="limit" x1="${x(limit)}" x2="${x(limit)}" y1="0" y2="18"/>`).filter(isHtml)}
${interval && html`<line class="${outcome}" x1="${x(interval[0])}" x2="${x(interval[1])}" y1="9" y2="9" stroke-width="5" stroke-linecap="round" opacity=".45"/>`}
${measured === undefined ? undefined : html`<circle class="${outcome}" cx="${x(measured)}" cy="9" r="3.5"/>`}
</svg>`;
}

/** Shares that ought to be high are drawn from 0 to 1; others with room around what there is. */
function rangeOf(numbers: readonly number[], least: number | undefined): [number, number] {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  if (least !== undefined && low >= 0 && high <= 1) return [0, 1];
  const room = 0.12 * (high - low) || Math.abs(high) || 1;
  return [low >= 0 && low < room ? 0 : low - room, high + room];
}

const width = (from: string | number, to: string | number) => (Number(to) - Number(from)).toFixed(1);
const isHtml = (value: Html | false): value is Html => value !== false;
const WIDTH = 180;
const HEIGHT = 18;
