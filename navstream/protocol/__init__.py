"""The rules of the WebSocket protocol that both of its ends follow (docs/asyncapi.yaml). Pure."""
