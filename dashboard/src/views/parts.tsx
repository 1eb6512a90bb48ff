/** Small pieces that several views use. */

import { useContext } from "preact/hooks";
import type { Position } from "navstream-client";

import * as format from "../format";
import { className, initials } from "../instrument";
import type { Mark } from "../mark";
import { Hues, MarketClock, useFlash, useTick } from "./hooks";
import { tip } from "./tips";

/** Coloured initials of an institution; its name is read out and shown on hover. */
export function Badge({ institution }: { institution: string }) {
  const hue = useContext(Hues).get(institution) ?? 0;
  return (
    <span class={`badge badge-${hue}`} role="img" aria-label={institution} title={institution}>
      {initials(institution)}
    </span>
  );
}

const BADGES_MAX = 3;

export function Badges({ institutions }: { institutions: readonly string[] }) {
  const more = institutions.slice(BADGES_MAX);
  return (
    <span class="badges">
      {institutions.slice(0, BADGES_MAX).map((institution) => (
        <Badge key={institution} institution={institution} />
      ))}
      {more.length > 0 && (
        <span class="sub" title={more.join(", ")}>
          +{more.length}
        </span>
      )}
    </span>
  );
}

/** What kind of instrument it is, where its symbol does not say it; and that it is sold short. */
export function ClassNames({ position }: { position: Position }) {
  const obvious = position.asset_class === "equity" || position.asset_class === "option";
  return (
    <>
      {!obvious && <span class="class-name">{className(position.asset_class)}</span>}
      {position.quantity < 0 && <span class="class-name short">Short</span>}
    </>
  );
}

function direction(value: number | null): "up" | "down" | "flat" {
  return value === null || value === 0 ? "flat" : value > 0 ? "up" : "down";
}

const ARROWS = { up: "▲", down: "▼", flat: "" } as const;

/** A change as amount and percent: arrow, sign and colour say the same. */
export function Change(props: {
  amount: number | null;
  pct: number | null;
  currency: string;
  stacked?: boolean;
  testId?: string;
  /** Why the amount is unknown. */
  reason?: string | null;
  /** Why a known amount is not to be relied on. */
  doubt?: string | null;
  inButton?: boolean;
}) {
  const { amount, pct, currency, stacked = false, testId, reason = null, doubt = null, inButton = false } = props;
  const way = direction(amount);
  const remark = amount === null ? reason : doubt;
  return (
    <span
      class={`change ${way}${stacked ? " stacked" : ""}${amount !== null && doubt !== null ? " doubtful" : ""}`}
      data-testid={testId}
      data-value={amount}
      {...(remark !== null && !inButton ? tip(remark) : {})}
    >
      <span class="change-amount">
        {ARROWS[way] !== "" && (
          <span class="arrow" aria-hidden="true">
            {ARROWS[way]}
          </span>
        )}
        {format.change(amount, currency)}
        {remark !== null && <span class="sr-only">: {remark}</span>}
      </span>
      {amount !== null && (stacked || pct !== null) && <span class="change-pct">{stacked ? format.percent(pct) : ` (${format.percent(pct)})`}</span>}
    </span>
  );
}

/** A few options of which one is chosen. */
export function Choice<Option extends string>(props: {
  label: string;
  options: Record<Option, string>;
  chosen: Option;
  choose: (option: Option) => void;
}) {
  return (
    <span class="choice" role="group" aria-label={props.label}>
      {(Object.entries(props.options) as [Option, string][]).map(([option, name]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === props.chosen}
          onClick={() => props.choose(option)}
        >
          {name}
        </button>
      ))}
    </span>
  );
}

/** An amount that flashes when it moves. */
export function Amount(props: { value: number | null; text: string; snapshots: number; className?: string }) {
  const flash = useFlash<HTMLSpanElement>(props.value, props.snapshots);
  return (
    <span ref={flash} class={`amount ${props.className ?? ""}`}>
      {props.text}
    </span>
  );
}

/** A chip that marks a value as stale, estimated or unpriced; `inButton`: its reason is told where the button leads. */
export function MarkChip({ mark, inButton = false }: { mark: Mark; inButton?: boolean }) {
  return mark.label === "" ? null : (
    <span class={`chip chip-${mark.kind}`} {...(inButton ? {} : tip(mark.reason))}>
      {mark.label}
      <span class="sr-only">: {mark.reason}</span>
    </span>
  );
}

/** How old a price is, in market time; whoever shows it ticks. */
export function PriceAge({ time }: { time: string | null }) {
  const now = useContext(MarketClock);
  return time === null ? null : <span class="age">{format.age(now() - Date.parse(time))} ago</span>;
}

/** How long ago something of ours happened, in wall time. */
export function Ago({ time }: { time: string | null }) {
  useTick();
  return <>{time === null ? "never" : `${format.age(Date.now() - Date.parse(time))} ago`}</>;
}
