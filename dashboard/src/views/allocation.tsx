/** What the total consists of: a bar each for class, institution or currency. */

import { useState } from "preact/hooks";
import type { Position } from "navstream-client";

import { allocation, ALLOCATIONS, type AllocationBy } from "../allocation";
import * as format from "../format";
import { Choice } from "./parts";

export function AllocationCard({ positions, currency }: { positions: readonly Position[] | null; currency: string }) {
  const [by, setBy] = useState<AllocationBy>("class");
  const slices = positions === null ? [] : allocation(positions, by);
  return (
    <section class="card" aria-labelledby="allocation-title" data-testid="allocation">
      <div class="card-head">
        <h2 id="allocation-title">Allocation</h2>
        <Choice label="Allocation by" options={ALLOCATIONS} chosen={by} choose={setBy} />
      </div>
      {slices.length === 0 ? (
        <p class="empty">{positions === null ? "Waiting for the first values…" : "Nothing is held."}</p>
      ) : (
        <table class="bars">
          <caption class="sr-only">Allocation by {ALLOCATIONS[by].toLowerCase()}</caption>
          <thead class="sr-only">
            <tr>
              <th scope="col">{ALLOCATIONS[by]}</th>
              <th scope="col">Share</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {slices.map(({ name, value, share, length }, index) => (
              <tr key={name}>
                <th scope="row">
                  {name}
                  <svg class="bar" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 1">
                    <rect class="bar-all" width="100" height="1" />
                    <rect class={value < 0 ? "bar-owed" : `bar-part hue-${index % 8}`} width={length * 100} height="1" />
                  </svg>
                </th>
                <td class="number">{format.share(share)}</td>
                <td class="number">{format.money(value, currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
