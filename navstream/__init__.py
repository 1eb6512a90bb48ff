"""What other programs may import: `navstream.client` and the rules of the wire, `navstream.protocol`.

Imports nothing of the service, reads no settings, logs nothing. Typed; versions follow semantic versioning.
"""
