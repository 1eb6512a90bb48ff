// Print the total value as it moves: node examples/total.mjs WEBSOCKET_URL, with the token in NAVSTREAM_TOKEN.
import { figuresOf, Stream } from "../dist/index.js";

let before = null;
const stream = new Stream({
  url: process.argv[2],
  token: process.env.NAVSTREAM_TOKEN,
  listener: {
    connectionChanged: ({ kind }) => console.error(kind),
    channelsChanged: (channels) => {
      const figures = figuresOf(channels.get("portfolio"));
      if (figures !== null && figures.total_value !== before) {
        before = figures.total_value;
        console.log(before === null ? "unknown" : `${before.toFixed(2)} ${figures.currency}`);
      }
    },
  },
});
stream.follow(["portfolio"]);
stream.start();
