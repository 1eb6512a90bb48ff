/** The line of the total value: lightweight-charts, New York time, baseline at the previous close. */

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
import { useContext, useEffect, useRef } from "preact/hooks";

import { cellsOf, extendedSpans, type RegularHours } from "../day";
import * as format from "../format";
import type { Series } from "../series";
import { Display } from "./display";
import { ExtendedHours } from "./extended_hours";
import { useMedia } from "./hooks";

/** The previous close is kept in view until it is this many times further away than the values' own range. */
const BASELINE_REACH = 4;
/** A line shorter than this has seconds on its time axis. */
const SECONDS_SHOWN_S = 600;

interface Drawn {
  chart: IChartApi;
  line: ISeriesApi<"Baseline">;
  extended: ExtendedHours;
  closeColor: string;
  close: IPriceLine | null;
  previous: number | null;
}

export function Chart(props: { series: Series; previous: number | null; hours: RegularHours | null; label: string }) {
  const { series, previous, hours, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const { theme, hidden } = useContext(Display);
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
  }, [theme, dark, hidden]);

  useEffect(() => {
    if (drawn.current !== null && series.points.length > 0) {
      draw(drawn.current, series, previous, hours);
    }
  }, [series, previous, hours, theme, dark, hidden]);

  return (
    <div
      ref={box}
      class="chart-box"
      role="img"
      data-testid="chart"
      data-since={series.points[0]?.time}
      aria-label={label}
    />
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
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      secondsVisible: false,
      uniformDistribution: true,
      lockVisibleTimeRangeOnResize: true,
    },
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
    lastValueVisible: false,
    priceFormat: { type: "custom", minMove: 0.01, formatter: (value: number) => format.axisLabel(value, previous()) },
    autoscaleInfoProvider: (own: () => AutoscaleInfo | null) => withBaseline(own(), previous()),
  });
  const extended = new ExtendedHours(color("--extended"));
  line.attachPrimitive(extended);
  return { chart, line, extended, closeColor: color("--muted"), close: null, previous: null };
}

function draw(drawn: Drawn, series: Series, previous: number | null, hours: RegularHours | null): void {
  const { chart, line, extended } = drawn;
  if (previous !== null && previous !== drawn.previous) {
    line.applyOptions({ baseValue: { type: "price", price: previous } });
    const options = { price: previous, color: drawn.closeColor, axisLabelVisible: false, title: "" };
    if (drawn.close === null) {
      drawn.close = line.createPriceLine({ ...options, lineWidth: 1, lineStyle: LineStyle.Dashed, lineVisible: true });
    } else {
      drawn.close.applyOptions(options);
    }
    drawn.previous = previous;
  }
  const cells = cellsOf(series.points);
  const [first, last] = [cells[0], cells.at(-1)];
  if (first !== undefined && last !== undefined && hours?.tradingDay === series.tradingDay) {
    const spans = extendedSpans(first.time, last.time, hours);
    extended.shade(spans.map(({ from, to }) => ({ from: inNewYork(from), to: inNewYork(to) })));
  }
  chart.timeScale().applyOptions({ secondsVisible: (last?.time ?? 0) - (first?.time ?? 0) < SECONDS_SHOWN_S });
  line.setData(cells.map(({ time, value }) => ({ time: inNewYork(time), ...(value === null ? {} : { value }) })));
  chart.timeScale().fitContent();
}

/** lightweight-charts shows all times as UTC, so it gets New York's wall clock. */
function inNewYork(time: number): UTCTimestamp {
  return (time + format.newYorkOffsetMs(time * 1000) / 1000) as UTCTimestamp;
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

/** The page's colours as the canvas needs them: of the theme that is shown. */
function colors(box: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = box.appendChild(document.createElement("span"));
    probe.style.color = `var(${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
