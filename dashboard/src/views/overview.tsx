/** The first view: what it is all worth, how it moves, what it consists of. */

import type { Figures, Market } from "navstream-client";

import { positionsOf, type State } from "../state";
import { Accounts } from "./accounts";
import { AllocationCard } from "./allocation";
import { Trust } from "./trust";
import { Movers } from "./movers";
import { Summary } from "./summary";

export function Overview({ state, figures, market }: { state: State; figures: Figures | null; market: Market | null }) {
  const positions = positionsOf(state);
  const currency = figures?.currency ?? "USD";
  return (
    <div class="overview">
      <Summary state={state} figures={figures} market={market} />
      <div class="overview-side">
        <Movers positions={positions} currency={currency} />
        <Accounts state={state} />
      </div>
      <div class="overview-below">
        <AllocationCard positions={positions} currency={currency} />
        <Trust figures={figures} />
      </div>
    </div>
  );
}
