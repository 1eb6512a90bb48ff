// The day so far from the page's own server, then every value as it arrives from the broadcaster.
import { AreaSeries, createChart } from "/lightweight-charts.js";
import { figuresOf, Stream } from "/navstream-client/index.js";

const total = document.getElementById("total");
const note = document.getElementById("note");
const day = await (await fetch("/day.json")).json();

const chart = createChart(document.getElementById("chart"), { autoSize: true, timeScale: { timeVisible: true } });
const series = chart.addSeries(AreaSeries);
series.setData(day.points);
let newest = day.points.at(-1)?.time ?? 0;

const stream = new Stream({
  url: day.websocket_url,
  token: day.token,
  listener: {
    connectionChanged: ({ kind }) => {
      total.dataset.connection = kind; // a lost connection greys the number at once
    },
    channelsChanged: (channels) => {
      const state = channels.get("portfolio");
      const figures = figuresOf(state);
      if (figures === null || figures.total_value === null) {
        return; // unknown is never drawn as zero
      }
      total.textContent = figures.total_value.toLocaleString(undefined, { style: "currency", currency: figures.currency });
      note.textContent = figures.stale_count > 0 ? `${figures.stale_count} prices are old` : "";
      newest = Math.max(newest, Math.floor(Date.parse(state.asOf) / 1000)); // market time
      series.update({ time: newest, value: figures.total_value });
    },
  },
});
stream.follow(["portfolio"]);
stream.start();
