/** The operator's view: every stage, live from GET /api/status. */

import { useEffect, useState } from "preact/hooks";

import { newYorkDayTime, userTime } from "../format";
import { providerName } from "../instrument";
import { factsOf, milliseconds, seconds, words, type StatusReport, type WebhookReport } from "../status";
import { useTick } from "./hooks";

const EVERY_MS = 2_000;

export interface OperatorActions {
  status: () => Promise<StatusReport>;
}

interface Seen {
  report: StatusReport | null;
  /** Why the newest report is missing, and since when; wall ms. */
  failure: { message: string; since: number } | null;
}

export function OperatorView({ actions }: { actions: OperatorActions }) {
  const { report, failure } = useStatus(actions.status);
  if (report === null) {
    return <p class="card empty">{failure === null ? "Asking the service…" : failure.message}</p>;
  }
  return (
    <div class={`operator${failure === null ? "" : " operator-old"}`} data-testid="operator">
      <Verdict report={report} failure={failure} />
      <Numbers report={report} />
      <Latency report={report} />
      <Feeds report={report} />
      <Alerts report={report} />
      <Stages report={report} />
    </div>
  );
}

function useStatus(status: () => Promise<StatusReport>): Seen {
  const [seen, setSeen] = useState<Seen>({ report: null, failure: null });
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const report = await status();
        wanted && setSeen({ report, failure: null });
      } catch (error) {
        const message = error instanceof Error ? error.message : "The service cannot be reached.";
        wanted && setSeen(({ report, failure }) => ({ report, failure: failure ?? { message, since: Date.now() } }));
      }
      if (wanted) {
        timer = setTimeout(() => void ask(), EVERY_MS);
      }
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [status]);
  return seen;
}

function Verdict({ report, failure }: { report: StatusReport } & Pick<Seen, "failure">) {
  useTick();
  return (
    <section class={`card verdict ${report.well ? "verdict-well" : "verdict-ill"}`} role="status" data-testid="verdict">
      <h1>
        <span class="dot" aria-hidden="true" />
        {report.well ? "All well" : `${report.problems.length} ${report.problems.length === 1 ? "problem" : "problems"}`}
      </h1>
      <ul>
        {report.problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
      <p class="sub">
        {words(report.session)} session, {newYorkDayTime(Date.parse(report.market_time))} New York.{" "}
        {failure === null
          ? `Asked at ${userTime(Date.parse(report.at))}, every ${EVERY_MS / 1000} s.`
          : `No answer since ${userTime(failure.since)}: ${failure.message}`}
      </p>
    </section>
  );
}

function Numbers({ report }: { report: StatusReport }) {
  const { calculators, broadcasters, sync, jobs, webhooks } = report;
  return (
    <section class="card numbers" aria-label="In numbers">
      <NumberCard name="Market data" main={report.feed === null ? "—" : words(report.feed)} sub={report.feed_message ?? "no complaints"} />
      <NumberCard
        name="Calculators"
        main={calculators === null ? "—" : milliseconds(calculators.lag_ms)}
        sub={
          calculators === null
            ? "Redis does not answer"
            : `lag; ${calculators.count} running, ${count(calculators.accounts)} accounts, ${count(calculators.positions)} positions`
        }
      />
      <NumberCard
        name="Broadcasters"
        main={broadcasters === null ? "—" : `${count(broadcasters.clients)} ${broadcasters.clients === 1 ? "client" : "clients"}`}
        sub={
          broadcasters === null
            ? "Redis does not answer"
            : `${broadcasters.count} running, ${count(broadcasters.channels)} channels, ${count(broadcasters.messages_per_s)} messages/s`
        }
      />
      <NumberCard
        name="Sync"
        main={sync === null ? "—" : seconds(sync.oldest_s)}
        sub={
          sync === null
            ? "Postgres does not answer"
            : `oldest holdings; ${count(sync.overdue_accounts)} accounts overdue, ${count(sync.reconnect_needed)} to reconnect` +
              (sync.failing.length === 0 ? "" : `, failing: ${sync.failing.join(", ")}`)
        }
      />
      <NumberCard
        name="Jobs"
        main={jobs === null ? "—" : `${count(jobs.queued + jobs.running)} waiting`}
        sub={jobs === null ? "Postgres does not answer" : `${count(jobs.running)} running, ${count(jobs.dead)} given up`}
      />
      <NumberCard
        name="Webhooks, 24 h"
        main={webhooks === null ? "—" : count(webhooks.reduce((sum, { received }) => sum + received, 0))}
        sub={webhooks === null ? "Postgres does not answer" : webhookText(webhooks)}
      />
    </section>
  );
}

function webhookText(webhooks: readonly WebhookReport[]): string {
  const each = webhooks.map(
    ({ provider, failed, waiting }) => `${providerName(provider)}: ${count(failed)} failed, ${count(waiting)} waiting`,
  );
  return each.length === 0 ? "none came" : each.join("; ");
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function NumberCard({ name, main, sub }: { name: string; main: string; sub: string }) {
  return (
    <div class="number-card">
      <h2>{name}</h2>
      <p class="number-main">{main}</p>
      <p class="sub">{sub}</p>
    </div>
  );
}

function Latency({ report }: { report: StatusReport }) {
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

function Feeds({ report }: { report: StatusReport }) {
  return (
    <Table
      title="Market streams"
      columns={["Stream", "State", "Data age", "Price age", "Symbols", "Polled"]}
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

function Alerts({ report }: { report: StatusReport }) {
  return (
    <section class="card wide" aria-labelledby="alerts-title">
      <div class="card-head">
        <h2 id="alerts-title">Alerts</h2>
      </div>
      {report.alerts === null || report.alerts.length === 0 ? (
        <p class="empty">{report.alerts === null ? "Postgres does not answer." : "None is firing."}</p>
      ) : (
        <ul class="alerts">
          {report.alerts.map((alert) => (
            <li key={`${alert.name} ${alert.subject}`} class={`alert-${alert.severity}`}>
              <span class="chip">{words(alert.severity)}</span>
              <span>
                <strong>{words(alert.name)}</strong> {alert.message}
              </span>
              <span class="sub">since {userTime(Date.parse(alert.fired_at))}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Stages({ report }: { report: StatusReport }) {
  return (
    <section class="card wide" aria-labelledby="stages-title">
      <div class="card-head">
        <h2 id="stages-title">Stages</h2>
      </div>
      <ul class="stages">
        {(report.stages ?? []).map((stage) => (
          <li key={stage.process} data-testid="stage" data-stage={stage.stage}>
            <h3>
              <span class={`dot ${stage.healthy ? "dot-good" : "dot-bad"}`} aria-hidden="true" />
              {words(stage.stage)}
              <span class="sub">
                {stage.healthy ? "healthy" : (stage.problem ?? "unwell")}, pid {stage.pid}, since{" "}
                {userTime(Date.parse(stage.started_at))}
              </span>
            </h3>
            <dl>
              {factsOf(stage).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
      {report.stages === null && <p class="empty">Redis does not answer.</p>}
    </section>
  );
}

function Table(props: { title: string; columns: string[]; rows: string[][]; nothing: string }) {
  const { title, columns, rows, nothing } = props;
  return (
    <section class="card">
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
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(([first, ...rest]) => (
                <tr key={first}>
                  <th scope="row">{first}</th>
                  {rest.map((text, index) => (
                    <td key={columns[index + 1]}>{text}</td>
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
