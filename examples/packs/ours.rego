# Rules of one network's own in Rego, for OPA and conftest:
#
#   netprov check --export network.yaml | conftest test --parser json --policy examples/packs -
#
# netprov resolves the network (defaults, links, reach) and knows where each value stands; the rule has the last word.
package main

import rego.v1

# Every pool that reports within the network is read by two sites or more, so that leave is covered.
deny contains msg if {
	some number, pool in input.definition.reporting.pools
	count(pool.sites) < 2
	pool.external == ""
	where := input.positions[sprintf("/reporting/pools/%d/name", [number])]
	msg := sprintf("%s:%s: pool %s is read by %d site alone [OUR-03]", [input.file, where, pool.name, count(pool.sites)])
}

# Nobody's images can end up outside the United Kingdom and Ireland, on whatever way.
onward[source] contains target if {
	some step in input.reach.steps
	source := step.source
	target := step.target
}

# graph.reachable knows no holder that leads nowhere; each leads to itself at least.
onward[holder] contains holder if some holder, _ in input.reach.holders

deny contains msg if {
	some number, member in input.definition.members
	some holder in graph.reachable(onward, {site.ods | some site in member.sites})
	country := input.reach.holders[holder].country
	not country in {"GB", "IE", ""}
	where := input.positions[sprintf("/members/%d/ods", [number])]
	msg := sprintf("%s:%s: images of %s can end up in %s: %s [OUR-04]", [input.file, where, member.ods, country, holder])
}
