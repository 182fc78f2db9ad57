"""Where the rules that look beyond the definition begin and end, beside what their pages show."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cli.trial import read_snippet
from policies import RULES
from policies.level import Level, Seen
from policies.pages import SOUND, SOUND_NGINX, SOUND_ORTHANC
from policies.resources import backed_up_too_seldom
from policies.rule import Fault
from provisioner.definition.choices import Environment
from provisioner.definition.network import Network
from provisioner.findings import pointer
from provisioner.site.planned import NodeSettings, Planned

TODAY = date(2026, 11, 24)


def network(text: str = SOUND) -> Network:
    found = read_snippet(text).network
    assert found is not None
    return found


def faults(rule_id: str, seen: Seen) -> list[Fault]:
    (rule,) = (rule for rule in RULES if rule.id == rule_id)
    return list(rule.faults(seen.network, TODAY, seen))


def planned(*resources: Planned, of: Network | None = None) -> Seen:
    return Seen(of or network(), planned=resources, levels=(Level.DEFINITION, Level.PLANNED))


def resource(kind: str, name: str = "one", provider: str = "RXA", **properties: Any) -> Planned:
    return Planned(f"aws:{kind}", name, properties, provider)


def plan(schedule: object, **more: object) -> Planned:
    return resource("backup/plan:Plan", rules=[{"schedule": schedule, **more}])


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("rate(1 minute)", 1),
        ("rate(90 minutes)", 90),
        ("rate(1 hour)", 60),
        ("rate(12 hours)", 720),
        ("rate(2 days)", 2880),
        ("cron(0 * * * ? *)", 60),
        ("cron(30 * * * ? *)", 60),
        ("cron(0/15 * * * ? *)", 15),
        ("cron(*/20 * * * ? *)", 20),
        ("cron(0 0/4 * * ? *)", 240),
        ("cron(0 */6 * * ? *)", 360),
        ("cron(0 5 * * ? *)", 1440),
        ("cron(0 0,12 * * ? *)", 720),
        ("cron(0 5 ? * 1 *)", 10080),
        ("cron(0 5 1 * ? *)", 10080),
    ],
)
def test_a_schedule_is_held_against_the_rpo(schedule: str, minutes: int) -> None:
    assert list(backed_up_too_seldom(planned(plan(schedule)), minutes)) == []
    (fault,) = backed_up_too_seldom(planned(plan(schedule)), minutes - 1)
    expected = f"expected a backup every {minutes - 1} minutes, the RPO, or more often; found every {minutes}"
    assert (fault.message, fault.key) == (expected, ("one", "rules", 0, "schedule"))


@pytest.mark.parametrize("schedule", [None, "", "cron(0/5 3 * * ? *)", "hourly", "rate(1 week)", 3])
def test_a_schedule_that_is_not_understood_is_not_guessed(schedule: object) -> None:
    assert list(backed_up_too_seldom(planned(plan(schedule)), 1)) == []


def test_the_most_frequent_rule_of_a_plan_counts_and_one_that_goes_on_all_the_time() -> None:
    often = [{"schedule": "rate(1 day)"}, {"schedule": "rate(1 hour)"}]
    (fault,) = backed_up_too_seldom(planned(resource("backup/plan:Plan", rules=often)), 30)
    assert fault.key == ("one", "rules", 1, "schedule")
    assert list(backed_up_too_seldom(planned(plan("rate(1 day)", enableContinuousBackup=True)), 30)) == []


BUCKET = resource("s3/bucket:Bucket", "images", bucket="severn-images")


@pytest.mark.parametrize("kind", ["Configuration", "ConfigurationV2"])
@pytest.mark.parametrize("named", ["images", "severn-images"])
def test_a_bucket_is_encrypted_by_a_setting_of_its_own(kind: str, named: str) -> None:
    name = f"BucketServerSideEncryption{kind}"
    setting = resource(f"s3/{name[0].lower()}{name[1:]}:{name}", "key", bucket=named)
    assert faults("SEC-12", planned(BUCKET, setting)) == []
    assert len(faults("SEC-12", planned(BUCKET, replace(setting, properties={"bucket": "another"})))) == 1
    assert len(faults("SEC-12", planned(BUCKET))) == 1


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("rds/instance:Instance", "storageEncrypted"),
        ("efs/fileSystem:FileSystem", "encrypted"),
        ("ebs/volume:Volume", "encrypted"),
    ],
)
def test_what_holds_images_is_encrypted(kind: str, key: str) -> None:
    sealed = resource(kind)
    assert faults("SEC-12", planned(replace(sealed, properties={key: True}))) == []
    others: tuple[dict[str, object], ...] = ({key: False}, {}, {key: None}, {key: "true"})
    for properties in others:
        (fault,) = faults("SEC-12", planned(replace(sealed, properties=properties)))
        assert (fault.key, fault.level, fault.subject) == (("one", key), Level.PLANNED, "one")


@pytest.mark.parametrize(
    ("properties", "found"),
    [
        ({"cidrIpv4": "10.21.1.0/24"}, 0),
        ({"cidrIpv4": "0.0.0.0/0"}, 1),
        ({"cidrIpv6": "::/0"}, 1),
        ({"cidrIpv4": "0.0.0.0/0", "cidrIpv6": "::/0"}, 2),
        ({}, 0),
    ],
)
def test_nobody_lets_in_everyone(properties: dict[str, str], found: int) -> None:
    kind = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    assert len(faults("SEC-15", planned(resource(kind, **properties)))) == found


def test_a_group_with_rules_of_its_own_is_looked_into() -> None:
    rules = [{"cidrBlocks": ["10.0.0.0/8"]}, {"cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}, {"cidrBlocks": None}]
    (fault,) = faults("SEC-15", planned(resource("ec2/securityGroup:SecurityGroup", ingress=rules)))
    assert fault.key == ("one", "ingress", 1)
    assert fault.message == "expected addresses of sites, found 0.0.0.0/0 let in by one"


def test_zones_are_asked_of_production_alone_and_what_is_not_known_is_not_held_against_it() -> None:
    subnets = [resource("ec2/subnet:Subnet", f"s{zone}", availabilityZone=f"eu-west-2{zone}") for zone in "ab"]
    database = resource("rds/instance:Instance", "index", multiAz=True)
    assert faults("BKP-05", planned(*subnets, database)) == []
    assert len(faults("BKP-05", planned(subnets[0], replace(database, properties={})))) == 2
    assert faults("BKP-05", planned(resource("ec2/subnet:Subnet", availabilityZone=None))) == []
    test = replace(network(), network=replace(network().network, environment=Environment.TEST))
    assert faults("BKP-05", planned(subnets[0], of=test)) == []


def test_a_region_that_is_not_stated_is_none() -> None:
    there = [resource("s3/bucket:Bucket", region=region) for region in ("eu-west-2", "", None)]
    assert faults("RES-01", planned(*there)) == []
    (fault,) = faults("RES-01", planned(resource("sns/topic:Topic", region="eu-west-1")))
    assert fault.message == "expected one in eu-west-2, found it planned in eu-west-1, in the EEA, not in the UK"


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([{"id": "a", "status": "Enabled", "expiration": {"days": 1}}], 1),
        ([{"id": "a", "status": "Enabled", "expiration": {"date": "2030-01-01"}}], 1),
        ([{"id": "a", "expiration": {"days": 1}}], 1),
        ([{"id": "a", "status": "Disabled", "expiration": {"days": 1}}], 0),
        ([{"id": "a", "status": "Enabled", "expiration": {"expiredObjectDeleteMarker": True}}], 0),
        ([{"id": "a", "status": "Enabled", "transitions": [{"days": 30, "storageClass": "GLACIER_IR"}]}], 0),
        ([], 0),
    ],
)
def test_a_store_may_move_studies_and_not_delete_them(rules: list[dict[str, Any]], found: int) -> None:
    kind = "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    assert len(faults("RET-03", planned(resource(kind, rules=rules)))) == found


LOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def test_each_lock_of_a_bucket_is_shut() -> None:
    block = resource("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "shut", bucket="images")
    closed = replace(block, properties={"bucket": "images", **dict.fromkeys(LOCKS, True)})
    assert faults("SEC-20", planned(BUCKET, closed)) == []
    for lock in LOCKS:
        opened = replace(closed, properties={**closed.properties, lock: False})
        assert [fault.key for fault in faults("SEC-20", planned(BUCKET, opened))] == [("shut", lock)]
    (fault,) = faults("SEC-20", planned(BUCKET))
    assert fault.message == "expected a public access block of bucket images, found none"


def test_nothing_that_serves_images_is_public() -> None:
    task = resource("ecs/service:Service", "node", networkConfiguration={"assignPublicIp": True})
    balancer = resource("lb/loadBalancer:LoadBalancer", "front", internal=False)
    found = faults("SEC-20", planned(task, balancer))
    assert [fault.key for fault in found] == [("front", "internal"), ("node", "networkConfiguration", "assignPublicIp")]
    private = [replace(task, properties={}), replace(balancer, properties={"internal": True})]
    assert faults("SEC-20", planned(*private, resource("rds/instance:Instance", storageEncrypted=True))) == []


@pytest.mark.parametrize(
    ("provider", "place"),
    [("RXA", "members[0].ods"), ("RXB", "members[1].ods"), ("Aldermoor", "members[0].ods"), ("else", "platform")],
)
def test_a_planned_resource_is_told_where_its_owner_stands(provider: str, place: str) -> None:
    (fault,) = faults("SEC-12", planned(resource("ebs/volume:Volume", provider=provider)))
    assert pointer(fault.path) == place


def node(name: str = "RXA01", **changes: Any) -> NodeSettings:
    sound = NodeSettings(name, SOUND_ORTHANC, SOUND_NGINX, {}, {}, "1.10.1", 88)
    return replace(sound, **changes)


def live(*nodes: NodeSettings) -> Seen:
    return Seen(network(), live=nodes, levels=(Level.DEFINITION, Level.LIVE))


@pytest.mark.parametrize(
    ("name", "place"), [("RXB01", "members[1].sites[0].ods"), ("HUB", "platform.hub"), ("RXZ01", "platform")]
)
def test_a_node_is_told_where_its_site_stands(name: str, place: str) -> None:
    (fault,) = faults("SEC-18", live(node(name, version="1.8.9")))
    assert (pointer(fault.path), fault.subject) == (place, name)


@pytest.mark.parametrize(("days", "found"), [(29, 1), (30, 0), (398, 0), (399, 1), (0, 1), (-3, 1), (None, 0)])
def test_a_certificate_has_its_bounds(days: int | None, found: int) -> None:
    assert len(faults("SEC-16", live(node(certificate_days=days)))) == found


@pytest.mark.parametrize(
    ("version", "found"), [("1.9.0", 0), ("1.8.99", 1), ("1.12.4", 0), ("2.0.0", 0), ("0.9.0", 1), ("", 1), ("1.9", 1)]
)
def test_a_version_has_its_bound(version: str, found: int) -> None:
    assert len(faults("SEC-18", live(node(version=version)))) == found


def settings(**changes: Any) -> Iterator[Seen]:
    """One node with other settings of Orthanc, as rendered and as live."""
    wrong = node(orthanc={**SOUND_ORTHANC, **changes})
    yield live(wrong)
    yield Seen(network(), rendered=(wrong,), levels=(Level.DEFINITION, Level.RENDERED))


@pytest.mark.parametrize(
    ("rule_id", "changes", "found"),
    [
        ("SEC-05", {"AuthenticationEnabled": False}, 1),
        ("SEC-05", {"RemoteAccessAllowed": True, "SslEnabled": True}, 0),
        ("SEC-05", {"RegisteredUsers": {"netprov": "x"}}, 0),
        ("SEC-05", {"RegisteredUsers": None}, 0),
        ("SEC-06", {"DicomCheckCalledAet": False, "DicomAlwaysAllowGet": True}, 2),
        ("SEC-11", {"RestApiWriteToFileSystemEnabled": True}, 1),
        ("SEC-01", {"DicomTlsRemoteCertificateRequired": False}, 1),
        ("SEC-10", {"HttpsVerifyPeers": None}, 1),
    ],
)
def test_a_setting_is_judged_alike_before_and_after(rule_id: str, changes: dict[str, Any], found: int) -> None:
    assert [len(faults(rule_id, seen)) for seen in settings(**changes)] == [found, found]


@pytest.mark.parametrize("rule_id", ["SEC-01", "SEC-06", "SEC-10", "SEC-11"])
def test_a_setting_that_is_not_there_is_not_as_it_must_be(rule_id: str) -> None:
    assert faults(rule_id, live(node(orthanc={})))


@pytest.mark.parametrize(
    ("ciphers", "found"),
    [
        ("ECDHE+AESGCM:ECDHE+CHACHA20", 0),
        ("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:!MD5", 0),
        ("HIGH:!aNULL", 1),
        ("ECDHE-RSA-AES256-SHA", 1),
        ("AES128-GCM-SHA256", 1),
    ],
)
def test_ciphers_without_forward_secrecy_are_weak(ciphers: str, found: int) -> None:
    assert len(faults("SEC-02", live(node(nginx=f"  ssl_ciphers {ciphers};\n")))) == found


def test_a_front_that_could_not_be_read_is_judged_by_nothing() -> None:
    for rule_id in ("SEC-02", "SEC-03", "SEC-10"):
        assert faults(rule_id, live(node(nginx=""))) == []


SCANNER = "sites: [{ods: RXA01, name: Aldermoor General, modalities: [{aet: CT1, kind: CT}]}]"


@pytest.mark.parametrize(
    ("alias", "flag", "found"),
    [
        ("RXB01", "AllowStore", 0),
        ("RXB01", "AllowFindWorklist", 0),
        ("RXB01", "AllowMove", 1),
        ("CT1", "AllowEcho", 0),
        ("CT1", "AllowFindWorklist", 0),
        ("CT1", "AllowFind", 1),
        ("CT1", "AllowGet", 1),
        ("STRANGER", "AllowEcho", 1),
    ],
)
def test_each_may_do_what_it_was_given(alias: str, flag: str, found: int) -> None:
    given = network(SOUND.replace("sites: [{ods: RXA01, name: Aldermoor General}]", SCANNER))
    shown = node(modalities={alias: {"UseDicomTls": True, flag: True}})
    seen = Seen(given, rendered=(shown,), levels=(Level.DEFINITION, Level.RENDERED))
    assert len(faults("SEC-08", seen)) == found
