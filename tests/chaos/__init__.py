"""Whatever dies, nothing is lost and nothing happens twice: the proof, and the judge.

A siege (`siege`): real processes, two groups of workers as on two machines, a web server, and one operator who is
asked about writes in doubt (`portal`); a shop and three warehouses over real HTTP, with idempotency keys, with a
look-up alone, with neither (`world`); customers who place, change and cancel orders, and webhooks that come twice,
late, forged or never (`customers`); and a killer (`killer`) that strikes at random moments and at named points
(`points`), where processes of the portal meet his ambushes (`ambush`). Afterwards the books are compared with the
tables (`comparing`, `tables`).

Nothing of this is in the portal's own code: its processes run under `settings`, whose app wraps what is watched.
"""
