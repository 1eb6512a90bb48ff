/** Which accounts hold an instrument, and how its value comes about. */

import type { Position } from "navstream-client";

import { positionChanges } from "../coverage";
import * as format from "../format";
import type { Mark } from "../mark";
import type { Account } from "../rest";
import { WhyButton } from "./explain";
import { Badge } from "./parts";

export function Contributions(props: {
  position: Position;
  accountNames: ReadonlyMap<string, Account>;
  currency: string;
  mark: Mark;
}) {
  const { position, accountNames, currency, mark } = props;
  return (
    <div class="contributions">
      <ul>
        {position.contributions.map((part) => {
          const account = accountNames.get(part.account);
          return (
            <li key={part.account}>
              <Badge institution={part.institution} />
              <span class="contribution-name">
                {account?.name ?? part.institution}
                <WhyButton question={{ account: part.account, name: account?.name ?? part.institution }} />
                <span class="sub">
                  {part.institution}
                  {account?.mask != null && ` ··${account.mask}`}
                </span>
              </span>
              <span class="contribution-quantity">{format.quantity(part.quantity)}</span>
              <span class="contribution-value">{format.money(part.market_value, currency)}</span>
            </li>
          );
        })}
      </ul>
      {mark.kind !== "cash" && (
        <dl class="facts">
          <Fact name="Price" text={mark.reason} />
          <Fact name="Average cost" text={format.price(position.average_cost, position.currency)} />
          <Fact name="Cost basis" text={format.money(position.cost_basis, currency)} />
          <Fact name="Previous close" text={previousClose(position)} />
          {positionChanges(position).map(({ name, amount, since }) => (
            <Fact key={name} name={name} text={`${format.change(amount, currency)}${since}`} />
          ))}
          {position.dividend !== null && (
            <Fact name="Dividend" text={`${format.price(position.dividend, position.currency)} a unit, ex today`} />
          )}
          {position.fx_rate !== null && position.fx_rate !== 1 && (
            <Fact name="Exchange rate" text={`${position.fx_rate} ${currency} per ${position.currency}`} />
          )}
        </dl>
      )}
    </div>
  );
}

function previousClose(position: Position): string {
  const date = position.previous_close_date === null ? "" : `, ${format.day(position.previous_close_date)}`;
  return position.previous_close === null
    ? format.UNKNOWN
    : `${format.price(position.previous_close, position.currency)}${date}`;
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}
