/** An instrument's price over the day, small: for the shape, the figures stand beside it. */

import { useContext } from "preact/hooks";
import type { Position } from "navstream-client";

import { sparkPath } from "../spark";
import { Sparks } from "./hooks";

const WIDTH = 84;
const HEIGHT = 26;

export function Sparkline({ position }: { position: Position }) {
  const points = useContext(Sparks)(position.instrument);
  const path = sparkPath(points, position.previous_close, WIDTH, HEIGHT);
  if (path === null) {
    return null;
  }
  return (
    <svg class={`spark ${path.way}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      {path.baseline !== null && <line class="spark-base" x1="0" x2={WIDTH} y1={path.baseline} y2={path.baseline} />}
      <polyline points={path.line} />
    </svg>
  );
}
