/** What must be said: where values come from, and the chart library's attribution. */

import { Shortcuts } from "./shortcuts";

export function Footer({ signedIn }: { signedIn: boolean }) {
  return (
    <footer class="footer">
      <p>Values are estimates from market prices between your institutions’ own updates; not advice.</p>
      {signedIn && <Shortcuts />}
      <p>
        Charts:{" "}
        <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">
          TradingView Lightweight Charts™
        </a>
        , copyright © 2025 TradingView, Inc.
      </p>
    </footer>
  );
}
