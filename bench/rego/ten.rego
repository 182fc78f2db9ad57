# Ten of netprov's rules in Rego, for the side-by-side timing of `netprov check` and conftest.
package main

import rego.v1

uk := {"eu-west-2"}

sites contains {"member": m, "site": s} if {
	m := input.members[_]
	s := m.sites[_]
}

deny contains msg if {
	some e in sites
	not e.site.region in uk
	msg := sprintf("RES-01 site %s is in %s", [e.site.ods, e.site.region])
}

deny contains msg if {
	region := input.platform.backup.offsite_region
	not region in uk
	msg := sprintf("RES-05 the off-site copy is in %s", [region])
}

deny contains msg if {
	place := input.external[_]
	place.country != "GB"
	not place.transfer_route
	msg := sprintf("RES-08 %s is in %s", [place.name, place.country])
}

legal_persons := {m.ods | m := input.members[_]} | {"entity" | input.legal_entity} | {"supplier" | input.supplier}

deny contains msg if {
	not input.platform.account_owner in legal_persons
	msg := sprintf("GOV-12 the account belongs to %s", [input.platform.account_owner])
}

nhs := {m.ods | m := input.members[_]; m.kind != "independent"}

deny contains msg if {
	input.operating_model == "hosted"
	not input.host in nhs
	msg := sprintf("HOS-01 the host is %s", [input.host])
}

deny contains msg if {
	input.platform.storage.encrypted == false
	msg := "SEC-12 storage is not encrypted"
}

deny contains msg if {
	input.platform.storage.retention_years < 8
	msg := sprintf("RET-01 studies are kept for %v years", [input.platform.storage.retention_years])
}

deny contains msg if {
	some e in sites
	e.site.aet == "ORTHANC"
	msg := sprintf("DCM-02 site %s keeps the default AE title", [e.site.ods])
}

issuers[issuer] contains i if {
	some i, m in input.members
	issuer := object.get(m, "patient_id_issuer", m.ods)
}

deny contains msg if {
	some i, m in input.members
	issuer := object.get(m, "patient_id_issuer", m.ods)
	min(issuers[issuer]) != i
	msg := sprintf("DCM-07 %s has the issuer %s of another member", [m.ods, issuer])
}

deny contains msg if {
	pool := input.reporting.pools[_]
	pool.turnaround_days > 28
	msg := sprintf("DCM-22 %s takes %v days", [pool.name, pool.turnaround_days])
}
