/** The day so far: as a line, or as a table that says the same to a screen reader. */

import { useState } from "preact/hooks";

import { extendedSpans, rowsOfDay, type DaySession, type RegularHours } from "../day";
import * as format from "../format";
import type { Series } from "../series";
import { Chart } from "./chart";
import { Change, Choice } from "./parts";

type Form = "chart" | "table";

const FORMS: Record<Form, string> = { chart: "Chart", table: "Table" };

interface DayProps {
  series: Series;
  previous: number | null;
  /** It counts every holding at its previous close. */
  previousIsWhole: boolean;
  hours: RegularHours | null;
  currency: string;
}

export function Day(props: DayProps) {
  const { series } = props;
  const [form, setForm] = useState<Form>("chart");
  const hours = props.hours?.tradingDay === series.tradingDay ? props.hours : null;
  const [first, last] = [series.points[0], series.points.at(-1)];
  const extended =
    first !== undefined && last !== undefined && hours !== null && extendedSpans(first.time, last.time, hours).length > 0;
  return (
    <figure class="chart">
      {form === "chart" ? (
        <Chart series={series} previous={props.previous} hours={hours} label={labelOf({ ...props, hours })} />
      ) : (
        <DayTable {...props} hours={hours} />
      )}
      {last === undefined && <p class="chart-empty">The line begins with the first value.</p>}
      <figcaption class="chart-legend">
        <span class="legend-close">{closeText(props)}</span>
        {extended && <span class="legend-extended">Extended hours</span>}
        <span class="legend-zone">New York time</span>
        <Choice label="The day as" options={FORMS} chosen={form} choose={setForm} />
      </figcaption>
    </figure>
  );
}

function closeText({ previous, previousIsWhole, currency }: DayProps): string {
  return `Previous close ${previous === null || previousIsWhole ? "" : "about "}${format.money(previous, currency)}`;
}

/** The line in a sentence. */
function labelOf(props: DayProps): string {
  const { series, currency } = props;
  const [first, last] = [series.points[0], series.points.at(-1)];
  if (first === undefined || last === undefined) {
    return "Total value today; no value is known yet";
  }
  const values = series.points.map(({ value }) => value);
  return [
    `Total value since ${clock(first.time)} New York time`,
    `now ${format.money(last.value, currency)}`,
    `lowest ${format.money(Math.min(...values), currency)}`,
    `highest ${format.money(Math.max(...values), currency)}`,
    closeText(props),
  ].join(", ");
}

const SESSIONS: Record<DaySession, string> = { pre: "Pre-market", regular: "Regular", post: "After hours" };

function DayTable({ series, previous, hours, currency }: DayProps) {
  return (
    <div class="day-table" tabIndex={0} role="region" aria-label="The day as a table" data-testid="day-table">
      <table class="plain-table">
        <caption class="sr-only">Total value over the day, newest first, New York time</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Session</th>
            <th scope="col">Total value</th>
            <th scope="col">Since previous close</th>
          </tr>
        </thead>
        <tbody>
          {rowsOfDay(series.points, previous, hours).map(({ time, value, session, change, changePct }) => (
            <tr key={time} class={session === null || session === "regular" ? "" : "extended"}>
              <th scope="row">{clock(time)}</th>
              <td>{session === null ? format.UNKNOWN : SESSIONS[session]}</td>
              <td>{format.money(value, currency)}</td>
              <td>
                <Change amount={change} pct={changePct} currency={currency} reason="The previous close is not known." />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function clock(seconds: number): string {
  return format.newYorkTime(seconds * 1000).slice(0, 5);
}
