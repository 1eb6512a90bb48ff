/** The operator's alerts and stages. */

import { userTime } from "../format";
import { factsOf, words, type StatusReport } from "../status";

export function Alerts({ report }: { report: StatusReport }) {
  return (
    <section class="card" aria-labelledby="alerts-title">
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

export function Stages({ report }: { report: StatusReport }) {
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
