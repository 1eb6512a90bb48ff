"""Redis or Valkey: the only code that speaks to it. Newest states ("boards") and feeds between stages."""
