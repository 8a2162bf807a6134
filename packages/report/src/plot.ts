/** Vega-Lite specifications to SVG text, without a DOM. Colours are CSS variables of the page. @module */
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { Html, html } from './html.ts';

/** Inner width and height and the margins around them, in pixels: fixed, since nothing here can measure text. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly margin: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
}

type Layers = Extract<TopLevelSpec, { layer: unknown }>['layer'];

/** Draws layers in a frame. `label` is what a screen reader says. */
export async function drawPlot(frame: Frame, label: string, layer: Layers): Promise<Html> {
  const { spec } = compile({
    width: frame.width,
    height: frame.height,
    padding: frame.margin,
    autosize: { type: 'none' },
    background: 'transparent',
    layer,
    config: CONFIG,
  });
  const view = new View(parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  // Namespaces are implied within HTML, and a fixed size would not shrink with the page.
  const body = svg.slice(svg.indexOf('>') + 1);
  const [width, height] = [
    frame.width + frame.margin.left + frame.margin.right,
    frame.height + frame.margin.top + frame.margin.bottom,
  ];
  return html`<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" style="max-width:${width}px">${new Html(body)}`;
}

const CONFIG: TopLevelSpec['config'] = {
  aria: false,
  font: 'inherit',
  view: { stroke: null },
  axis: {
    domain: false,
    ticks: false,
    grid: true,
    gridColor: 'var(--line)',
    labelColor: 'var(--muted)',
    labelFontSize: 12,
    labelPadding: 6,
    titleColor: 'var(--muted)',
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  axisX: { grid: false, domain: true, domainColor: 'var(--line)' },
  text: { fontSize: 12, fill: 'var(--ink)' },
  line: { strokeJoin: 'round', strokeCap: 'round' },
};
