/** The live chart of the total value: lightweight-charts, New York time, baseline at the previous close. */

import {
  BaselineSeries,
  createChart,
  LineStyle,
  type AutoscaleInfo,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef } from "preact/hooks";

import * as format from "../format";
import type { Point, Series } from "../series";
import { useMedia } from "./hooks";

/** The previous close is kept in view until it is this many times further away than the values' own range. */
const BASELINE_REACH = 4;

interface Drawn {
  chart: IChartApi;
  line: ISeriesApi<"Baseline">;
  close: IPriceLine | null;
  previous: number | null;
  generation: number;
  /** Market time of the newest point drawn; a hidden page draws nothing for a while. */
  drawnTo: number;
}

export function Chart({ series, previous, currency }: { series: Series; previous: number | null; currency: string }) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const dark = useMedia("(prefers-color-scheme: dark)");

  useEffect(() => {
    if (box.current === null) {
      return;
    }
    const created = create(box.current, () => drawn.current?.previous ?? null);
    drawn.current = created;
    return () => {
      created.chart.remove();
      drawn.current = null;
    };
  }, [dark]);

  useEffect(() => {
    if (drawn.current !== null && series.points.length > 0) {
      draw(drawn.current, series, previous);
    }
  }, [series, previous, dark]);

  const [first, last] = [series.points[0], series.points.at(-1)];
  const since = first === undefined ? "" : ` since ${format.newYorkTime(first.time * 1000).slice(0, 5)} New York time`;
  return (
    <figure class="chart">
      <div
        ref={box}
        class="chart-box"
        role="img"
        data-testid="chart"
        data-since={first?.time}
        aria-label={
          `Total value${since}, now ${format.money(last?.value ?? null, currency)}, ` +
          `previous close ${format.money(previous, currency)}`
        }
      />
      {last === undefined && <p class="chart-empty">The line begins with the first value.</p>}
      <figcaption class="chart-legend">
        <span class="legend-close">Previous close {format.money(previous, currency)}</span>
        <span>New York time</span>
      </figcaption>
    </figure>
  );
}

function create(box: HTMLElement, previous: () => number | null): Drawn {
  const color = colors(box);
  const chart = createChart(box, {
    autoSize: true,
    layout: {
      background: { color: "transparent" },
      textColor: color("--muted"),
      fontFamily: getComputedStyle(box).fontFamily,
      fontSize: 11,
      attributionLogo: false, // it injects a style sheet, which the CSP forbids; the attribution is in the footer
    },
    grid: { vertLines: { visible: false }, horzLines: { color: color("--line") } },
    rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.12, bottom: 0.08 } },
    timeScale: { borderVisible: false, timeVisible: true, secondsVisible: true, lockVisibleTimeRangeOnResize: true },
    crosshair: {
      vertLine: { color: color("--muted"), labelBackgroundColor: color("--ink") },
      horzLine: { visible: false, labelBackgroundColor: color("--ink") },
    },
    localization: { timeFormatter: (time: number) => new Date(time * 1000).toISOString().slice(11, 19) },
    handleScroll: false,
    handleScale: false,
  });
  const line = chart.addSeries(BaselineSeries, {
    lineWidth: 2,
    topLineColor: color("--up"),
    topFillColor1: color("--up-fill"),
    topFillColor2: color("--up-fill-end"),
    bottomLineColor: color("--down"),
    bottomFillColor1: color("--down-fill-end"),
    bottomFillColor2: color("--down-fill"),
    priceLineVisible: false,
    lastValueVisible: true,
    priceFormat: { type: "custom", minMove: 0.01, formatter: axisLabel },
    autoscaleInfoProvider: (own: () => AutoscaleInfo | null) => withBaseline(own(), previous()),
  });
  return { chart, line, close: null, previous: null, generation: -1, drawnTo: 0 };
}

function draw(drawn: Drawn, series: Series, previous: number | null): void {
  const { chart, line } = drawn;
  if (previous !== null && previous !== drawn.previous) {
    const color = colors(chart.chartElement());
    line.applyOptions({ baseValue: { type: "price", price: previous } });
    const options = { price: previous, color: color("--muted"), axisLabelVisible: false, title: "" };
    if (drawn.close === null) {
      drawn.close = line.createPriceLine({ ...options, lineWidth: 1, lineStyle: LineStyle.Dashed, lineVisible: true });
    } else {
      drawn.close.applyOptions(options);
    }
    drawn.previous = previous;
  }
  if (series.generation !== drawn.generation) {
    line.setData(series.points.map(inNewYork));
    drawn.generation = series.generation;
  } else {
    const from = series.points.findLastIndex((point) => point.time < drawn.drawnTo) + 1;
    series.points.slice(from).forEach((point) => line.update(inNewYork(point)));
  }
  drawn.drawnTo = series.points.at(-1)?.time ?? 0;
  chart.timeScale().fitContent();
}

/** lightweight-charts shows all times as UTC, so it gets New York's wall clock. */
function inNewYork({ time, value }: Point): { time: UTCTimestamp; value: number } {
  return { time: (time + format.newYorkOffsetMs(time * 1000) / 1000) as UTCTimestamp, value };
}

function withBaseline(own: AutoscaleInfo | null, previous: number | null): AutoscaleInfo | null {
  const range = own?.priceRange;
  if (own === null || range === null || range === undefined || previous === null) {
    return own;
  }
  const [low, high] = [Math.min(range.minValue, previous), Math.max(range.maxValue, previous)];
  const reach = (range.maxValue - range.minValue) * BASELINE_REACH;
  return high - low > reach ? own : { ...own, priceRange: { minValue: low, maxValue: high } };
}

function axisLabel(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 10_000 ? 2 : 0 });
}

function colors(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(name).trim();
}
