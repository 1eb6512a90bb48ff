"""Everything that crosses a stage: names in Redis and Postgres, and the messages, with one codec."""
