/** The operator's view: every stage, live from GET /api/status. */

import { useEffect, useState } from "preact/hooks";

import { newYorkDayTime, userTime } from "../format";
import { providerName } from "../instrument";
import { sentence } from "../rest";
import { count, milliseconds, seconds, words, type Job, type StatusReport, type WebhookReport } from "../status";
import { useTick } from "./hooks";
import { Alerts, Stages } from "./operator_lists";
import { Feeds, Jobs, Latency, Webhooks } from "./operator_tables";

const EVERY_MS = 2_000;

export interface OperatorActions {
  status: () => Promise<StatusReport>;
  deadJobs: () => Promise<Job[]>;
  retryJob: (id: string) => Promise<string>;
}

interface Seen {
  report: StatusReport | null;
  deadJobs: readonly Job[];
  /** Why the newest report is missing, and since when; wall ms. */
  failure: { message: string; since: number } | null;
}

export function OperatorView({ actions }: { actions: OperatorActions }) {
  const { report, deadJobs, failure } = useStatus(actions);
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
      <Webhooks report={report} />
      <Jobs jobs={deadJobs} retry={actions.retryJob} />
      <Stages report={report} />
    </div>
  );
}

function useStatus({ status, deadJobs }: OperatorActions): Seen {
  const [seen, setSeen] = useState<Seen>({ report: null, deadJobs: [], failure: null });
  useEffect(() => {
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const [report, jobs] = await Promise.all([status(), deadJobs()]);
        wanted && setSeen({ report, deadJobs: jobs, failure: null });
      } catch (error) {
        const message = sentence(error);
        wanted && setSeen((before) => ({ ...before, failure: before.failure ?? { message, since: Date.now() } }));
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
  }, [status, deadJobs]);
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

function NumberCard({ name, main, sub }: { name: string; main: string; sub: string }) {
  return (
    <div class="number-card">
      <h2>{name}</h2>
      <p class="number-main">{main}</p>
      <p class="sub">{sub}</p>
    </div>
  );
}
