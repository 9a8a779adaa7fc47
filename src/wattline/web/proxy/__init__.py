"""``wattline proxy``: stands before a model server, passes everything through, and tells each request its joules.

Bytes pass in ``relay``; ``body``, ``sse`` and ``usage`` read tokens from them; ``sampler`` reads the device; ``ledger``
shares its energy by the weights of ``weigh``; ``store``, ``metrics`` and ``pages`` give it out; ``server`` ties it up.
"""
