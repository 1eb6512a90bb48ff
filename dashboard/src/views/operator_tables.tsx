/** The operator's tables: latency, market streams, jobs that failed for good, webhooks. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { providerName } from "../instrument";
import { sentence } from "../rest";
import { count, milliseconds, seconds, words, type Job, type StatusReport } from "../status";

export function Latency({ report }: { report: StatusReport }) {
  return (
    <Table
      title="Latency, last minute"
      columns={["Leg", "p50", "p90", "p99", "Values"]}
      rows={(report.latency ?? []).map((leg) => [
        words(leg.leg),
        milliseconds(leg.p50_ms),
        milliseconds(leg.p90_ms),
        milliseconds(leg.p99_ms),
        count(leg.observations),
      ])}
      nothing="No latencies are known."
    />
  );
}

export function Feeds({ report }: { report: StatusReport }) {
  return (
    <Table
      title="Market streams"
      columns={["Stream", "State", "Data age", "Price age", "Symbols", "Polled"]}
      words={["State"]}
      rows={(report.feeds ?? []).map((feed) => [
        words(feed.stream),
        feed.connected ? "Connected" : (feed.refusal ?? "Not connected"),
        seconds(feed.silent_s),
        seconds(feed.price_age_s),
        feed.symbols_max === null ? count(feed.subscribed) : `${count(feed.subscribed)} of ${count(feed.symbols_max)}`,
        count(feed.polled),
      ])}
      nothing="No collector has said anything yet."
    />
  );
}

/** Jobs that are not tried again by themselves, and the button that has them tried. */
export function Jobs({ jobs, retry }: { jobs: readonly Job[]; retry: (id: string) => Promise<string> }) {
  return (
    <Table
      title="Jobs given up"
      columns={["Job", "Institution", "Asked for by", "Tries", "Last due", "Why", "Again"]}
      words={["Institution", "Asked for by", "Why"]}
      keys={jobs.map(({ id }) => id)}
      rows={jobs.map((job) => [
        words(job.kind),
        `${job.institution} (${providerName(job.provider)})`,
        words(job.trigger),
        count(job.attempts),
        `${seconds((Date.now() - Date.parse(job.due_at)) / 1000)} ago`,
        <span class="why-dead">{job.last_error ?? "No reason was kept."}</span>,
        <RetryButton job={job} retry={retry} />,
      ])}
      nothing="None: every job was done, or is still tried."
      wide
    />
  );
}

function RetryButton({ job, retry }: { job: Job; retry: (id: string) => Promise<string> }) {
  const [said, setSaid] = useState<string | null>(null);
  const press = (): void => {
    setSaid("Asking…");
    retry(job.id).then(setSaid, (error: unknown) => setSaid(sentence(error)));
  };
  return said === null ? (
    <button type="button" class="button" onClick={press} aria-label={`Retry ${job.kind} of ${job.institution}`}>
      Retry
    </button>
  ) : (
    <span role="status">{said}</span>
  );
}

export function Webhooks({ report }: { report: StatusReport }) {
  return (
    <Table
      title="Webhooks, last 24 hours"
      columns={["Provider", "Received", "Waiting", "Failed"]}
      rows={(report.webhooks ?? []).map(({ provider, received, waiting, failed }) => [
        providerName(provider),
        count(received),
        count(waiting),
        count(failed),
      ])}
      nothing={report.webhooks === null ? "Postgres does not answer." : "None came."}
    />
  );
}

interface TableProps {
  title: string;
  columns: string[];
  /** Those of words, which begin at the left; the others are of numbers. */
  words?: readonly string[];
  rows: ComponentChildren[][];
  /** Of each row. */
  keys?: string[];
  nothing: string;
  wide?: boolean;
}

function Table(props: TableProps) {
  const { title, columns, words: left = [], rows, keys, nothing, wide = false } = props;
  const kind = (column: string): string => (left.includes(column) ? "text" : "");
  return (
    <section class={wide ? "card wide" : "card"}>
      <div class="card-head">
        <h2>{title}</h2>
      </div>
      {rows.length === 0 ? (
        <p class="empty">{nothing}</p>
      ) : (
        <div class="scroll-x" tabIndex={0} role="region" aria-label={title}>
          <table class="plain-table">
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col" class={kind(column)}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(([first, ...rest], row) => (
                <tr key={keys?.[row] ?? first}>
                  <th scope="row">{first}</th>
                  {columns.slice(1).map((column, index) => (
                    <td key={column} class={kind(column)}>
                      {rest[index]}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
