from api.guards import security_headers


def test_page_may_connect_to_itself_and_the_websocket_server_alone() -> None:
    """Ensure that the CSP names the WebSocket's origin without its path, and allows nothing else from elsewhere."""
    policy = security_headers("wss://live.example.com:8443/v1")["Content-Security-Policy"]
    assert "connect-src 'self' wss://live.example.com:8443;" in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
