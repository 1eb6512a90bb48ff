/** Shades the hours outside the regular session, behind the chart's line: a primitive of lightweight-charts. */

import type {
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from "lightweight-charts";

/** From one time on the chart's axis to another. */
export interface Shaded {
  from: UTCTimestamp;
  to: UTCTimestamp;
}

export class ExtendedHours implements ISeriesPrimitive<Time> {
  private chart: SeriesAttachedParameter<Time> | null = null;
  private shaded: readonly Shaded[] = [];
  private readonly views: readonly IPrimitivePaneView[];

  constructor(color: string) {
    this.views = [
      {
        zOrder: () => "bottom",
        renderer: () => ({
          draw: (target) =>
            target.useMediaCoordinateSpace(({ context, mediaSize }) => {
              context.fillStyle = color;
              for (const [from, to] of this.coordinates()) {
                context.fillRect(from, 0, to - from, mediaSize.height);
              }
            }),
        }),
      },
    ];
  }

  attached(chart: SeriesAttachedParameter<Time>): void {
    this.chart = chart;
  }

  detached(): void {
    this.chart = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  shade(shaded: readonly Shaded[]): void {
    this.shaded = shaded;
  }

  private coordinates(): [number, number][] {
    return this.shaded.flatMap(({ from, to }) => {
      const [left, right] = [this.x(from), this.x(to)];
      return left === null || right === null ? [] : [[left, right] as [number, number]];
    });
  }

  private x(time: UTCTimestamp): number | null {
    const scale = this.chart?.chart.timeScale();
    const index = scale?.timeToIndex(time, true) ?? null;
    return scale === undefined || index === null ? null : scale.logicalToCoordinate(index as number as Logical);
  }
}
