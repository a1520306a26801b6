"""`make offline`: the class kit, one archive with which everything works without a network.

`targets` says for which machines, `wanted` which packages each of them needs, `store` which wheels
are here, `fetch` gets those that are not. `repository`, `pages` and `archive` make the kit of them;
`kit` puts all this in order.
"""
