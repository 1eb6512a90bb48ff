"""Alpaca's account side: a trading account by its own keys, or a firm's account by the firm's Broker API keys."""
