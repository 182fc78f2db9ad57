"""BKP and CAP: what survives a disaster, how fast it is back, and whether it fits."""

from collections.abc import Iterator
from datetime import date

from policies.level import DECLARED, Seen
from policies.resources import backed_up_too_seldom, in_one_zone
from policies.rule import Fault, Judging, rule
from policies.sources import BACKUP_RULE
from policies.stated import backup, owed, platform, production, recent, storage
from provisioner.definition.network import Network
from provisioner.findings import Severity

COPIES = 3
MEDIA = 2
ZONES = 2
LONGEST_WAIT = 15
"""Minutes for which a study may be on its way."""


@rule("BKP-01", Severity.ERROR, f"national guidance: {BACKUP_RULE}, three copies, two devices, one off-site")
def images_have_three_copies(network: Network) -> Iterator[Fault]:
    """Images have three copies on two kinds of media, one of them off-site, and one offline or immutable.

    PASS:
        platform:
          region: eu-west-2
          zones: 2
          backup: {copies: 3, media: 2, offsite_region: eu-west-2, immutable: true}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup:
            copies: 2  # here
            media: 1  # here
            offsite_region: eu-west-2
            immutable: false  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2}  # here
    """
    stated = platform(network).backup
    if stated is None:
        path, what = (*platform(network).path, "backup"), f"a backup of {COPIES} copies on {MEDIA} kinds of media"
        yield from owed(network, None, path, what, "`backup: {copies: 3, media: 2, ...}`", "backup")
        return
    for key, found, least in (("copies", stated.copies, COPIES), ("media", stated.media, MEDIA)):
        if found < least and (found or production(network)):
            message = f"expected {least} {key} or more, the first included; found {found}"
            yield Fault((*stated.path, key), message, f"`{key}: {least}`", "backup")
    offsite, path = stated.offsite_region or stated.offsite_place, (*stated.path, "offsite_region")
    yield from owed(network, offsite, path, "an off-site copy", "`offsite_region:` or `offsite_place:`", "backup")
    path, what = (*stated.path, "immutable"), "a copy that is offline or immutable"
    yield from owed(network, stated.immutable, path, what, "`immutable: true`, once it is so", "backup")


@rule("BKP-02", Severity.WARN, "engineering: who breaks in with one password does not reach the backup")
def the_backup_has_credentials_of_its_own(network: Network) -> Iterator[Fault]:
    """The backup's credentials are not the platform's.

    PASS:
        platform: {region: eu-west-2, zones: 2, backup: {separate_credentials: true}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup:
            separate_credentials: false  # here
    """
    stated = backup(network)
    path, what = (*stated.path, "separate_credentials"), "credentials of the backup's own"
    yield from owed(
        network, stated.separate_credentials, path, what, "`separate_credentials: true`, once they are apart", "backup"
    )


@rule("BKP-03", Severity.ERROR, f"national guidance: {BACKUP_RULE}, in line with stated RPO and RTO")
def recovery_has_its_objectives(network: Network) -> Iterator[Fault]:
    """It is stated how much may be lost (RPO), and how long it may take to be back (RTO).

    No national figure exists for PACS.

    PASS:
        platform: {region: eu-west-2, zones: 2, backup: {rpo_minutes: 240, rto_minutes: 480}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup: {rpo_minutes: 240}  # here
    """
    stated = backup(network)
    path, what = (*stated.path, "rpo_minutes"), "a recovery point objective"
    yield from owed(network, stated.rpo_minutes, path, what, "`rpo_minutes:`, what may be lost", "backup")
    path, what = (*stated.path, "rto_minutes"), "a recovery time objective"
    yield from owed(network, stated.rto_minutes, path, what, "`rto_minutes:`, until images are back", "backup")


@rule("BKP-04", Severity.WARN, "engineering: a backup that nobody has restored is a hope", dated=True)
def a_restore_was_tested_within_the_year(network: Network, today: date) -> Iterator[Fault]:
    """The last test of a restore was within the year.

    PASS:
        platform: {region: eu-west-2, zones: 2, backup: {last_restore_test: 2026-10-06}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup:
            last_restore_test: 2025-10-06  # here

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup: {copies: 3}  # here
    """
    stated = backup(network)
    path, what = (*stated.path, "last_restore_test"), "a test of a restore"
    yield from owed(network, stated.last_restore_test, path, what, "`last_restore_test:`, the day", "backup")
    yield from recent(network, stated.last_restore_test, today, path, what)


@rule("BKP-05", Severity.ERROR, "engineering: a zone is one building's fire away from nothing", levels=DECLARED)
def production_spans_two_zones(seen: Seen) -> Iterator[Fault]:
    """A production network spans two availability zones or more.

    Looks at `platform.zones`, and at the subnets and databases that are planned.

    PASS:
        platform: {region: eu-west-2, account_owner: RXA, zones: 2}

    FAIL:
        platform:
          region: eu-west-2
          account_owner: RXA
          zones: 1  # here

    FAIL:
        planned:
          - kind: aws:ec2/subnet:Subnet
            name: a
            properties:
              availabilityZone: eu-west-2a  # here
          - kind: aws:rds/instance:Instance
            name: index
            properties:
              multiAz: false  # here
    """
    network = seen.network
    zones = network.platform.zones if network.platform else 1
    if production(network):
        yield from in_one_zone(seen)
    if production(network) and zones < ZONES:
        message = f"expected {ZONES} zones or more in production, found {zones}"
        yield Fault((*network.path, "platform", "zones"), message, f"`zones: {ZONES}`", network.network.id)


@rule(
    "BKP-06",
    Severity.WARN,
    "engineering: derived from RES-05: AWS has one region in the UK, so the second place is another's",
)
def recovery_has_a_second_place_in_the_uk(network: Network) -> Iterator[Fault]:
    """Images can be recovered at a second place in the UK, which is not the platform's own region.

    That is another provider's region, or a place such as a trust's data centre, in `platform.backup.offsite_place`.

    PASS:
        platform:
          region: eu-west-2
          zones: 2
          backup: {offsite_region: eu-west-2, offsite_place: Data centre of Brackenfield Royal}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup:
            offsite_region: eu-west-2  # here
    """
    stated, own = backup(network), platform(network).region
    if production(network) and not stated.offsite_place and stated.offsite_region in ("", own):
        message = f"expected a second place in the UK for recovery, found {stated.offsite_region or 'none'}"
        hint = "`offsite_place:`, a trust's data centre for instance"
        yield Fault((*stated.path, "offsite_region"), message, hint, "backup")


@rule(
    "BKP-07",
    Severity.ERROR,
    "engineering: derived from BKP-03: what was never copied cannot be recovered",
    levels=DECLARED,
)
def backups_run_as_often_as_the_rpo(seen: Seen) -> Iterator[Fault]:
    """Backups run at least as often as the recovery point objective asks.

    Looks at `platform.backup.interval_minutes`, and at the schedules of planned backups.

    PASS:
        platform: {region: eu-west-2, zones: 2, backup: {rpo_minutes: 240, interval_minutes: 240}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup:
            rpo_minutes: 240
            interval_minutes: 1440  # here

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          backup: {rpo_minutes: 240}  # here

    FAIL:
        platform: {region: eu-west-2, zones: 2, backup: {rpo_minutes: 240, interval_minutes: 240}}
        planned:
          - kind: aws:backup/plan:Plan
            name: images
            properties:
              rules:
                - ruleName: daily
                  schedule: cron(0 5 * * ? *)  # here
    """
    network, stated = seen.network, backup(seen.network)
    path, interval, most = (*stated.path, "interval_minutes"), stated.interval_minutes, stated.rpo_minutes
    yield from owed(
        network, interval, path, "the minutes between backups", "`interval_minutes:`, as the RPO or less", "backup"
    )
    if interval and most and interval > most:
        message = f"expected a backup every {most} minutes, the RPO, or more often; found every {interval}"
        yield Fault(path, message, f"{most} or less", "backup")
    if most:
        yield from backed_up_too_seldom(seen, most)


@rule("CAP-01", Severity.WARN, "engineering: imaging grows by about 7 percent a year")
def three_years_of_images_fit(network: Network) -> Iterator[Fault]:
    """The volume that is expected in three years is stated and fits the quota.

    PASS:
        platform: {region: eu-west-2, zones: 2, storage: {expected_tb: 210, quota_tb: 300}}

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage:
            expected_tb: 210
            quota_tb: 200  # here

    FAIL:
        platform:
          region: eu-west-2
          zones: 2
          storage: {quota_tb: 200}  # here
    """
    stated = storage(network)
    path, what = (*stated.path, "expected_tb"), "the volume expected in three years"
    yield from owed(network, stated.expected_tb, path, what, "`expected_tb:`, from exams, mix and growth", "storage")
    path = (*stated.path, "quota_tb")
    yield from owed(network, stated.quota_tb, path, "the quota", "`quota_tb:`, what may be stored", "storage")
    if stated.expected_tb and stated.quota_tb and stated.expected_tb > stated.quota_tb:
        message = f"expected a quota of {stated.expected_tb:g} TB or more, found {stated.quota_tb:g}"
        yield Fault(path, message, "a larger quota, or less to keep", "storage")


@rule("CAP-02", Severity.INFO, "engineering: who waits for a study longer than that carries a disc")
def the_lines_carry_the_largest_study(network: Network) -> Judging:
    """Each site's line carries the largest study that is expected within 15 minutes.

    Looks at `platform.largest_study_mb`, and at `bandwidth_mbps` of every site that states one. Prefetch hides such a
    wait for what was booked, and not for an emergency.

    PASS:
        members:
          - ods: RXA
            name: A
            kind: nhs_trust
            sites: [{ods: RXA01, name: General, bandwidth_mbps: 100}]
        platform: {region: eu-west-2, zones: 2, largest_study_mb: 5000}

    FAIL:
        members:
          - ods: RXA
            name: A
            kind: nhs_trust
            sites:
              - ods: RXA01
                name: General
                bandwidth_mbps: 20  # here
        platform: {region: eu-west-2, zones: 2, largest_study_mb: 5000}
    """
    size = platform(network).largest_study_mb or 0
    lines = [(site, site.bandwidth_mbps) for _, site in network.sites() if site.bandwidth_mbps]
    for site, speed in lines if size else ():
        least = -(size * 8 // (-60 * LONGEST_WAIT))
        if speed < least:
            message = f"expected {least} Mbit/s at {site.ods}, for {size} MB in {LONGEST_WAIT} minutes; found {speed}"
            hint = f"{least} or more, or a line of its own for the largest studies"
            yield Fault((*site.path, "bandwidth_mbps"), message, hint, site.ods)
    return None if size and lines else "the largest study, or the bandwidth of every site, is not stated"


RULES = (
    images_have_three_copies,
    the_backup_has_credentials_of_its_own,
    recovery_has_its_objectives,
    a_restore_was_tested_within_the_year,
    production_spans_two_zones,
    recovery_has_a_second_place_in_the_uk,
    backups_run_as_often_as_the_rpo,
    three_years_of_images_fit,
    the_lines_carry_the_largest_study,
)
