"""Which of checkov's checks a network does not pass, and why that is right. Each is by check, not by resource."""

EXCEPTIONS = {
    "CKV_AWS_18": "The store of S3's access logs may not be under a KMS key; who read which object is in CloudTrail's "
    "data events, which the account's owner switches on.",
    "CKV_AWS_91": "AWS writes access logs of a network balancer for TLS listeners only; ours pass TCP on, so that TLS "
    "ends at the node, whose front and VPC flow logs have it.",
    "CKV_AWS_118": "Performance Insights and alarms are on; figures of each process on its host help nobody.",
    "CKV_AWS_144": "Images stay in the UK and in one region; versions, a locked vault and three zones keep them.",
    "CKV_AWS_161": "Orthanc's PostgreSQL plugin knows passwords only; RDS makes and rotates it; TLS is forced.",
    "CKV2_AWS_57": "A node's own secret holds its key and certificate: `up` renews them, and an alarm tells if nobody "
    "does; a function in AWS could not sign, since the network's CA is never there.",
    "CKV2_AWS_62": "Nothing waits for an object to appear: Orthanc alone writes there.",
}
