//! Records as KMS writes them, of many keys, users and sessions.

use bytes::Bytes;
use keywright_audit_log::Entry;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::{NoContext, Timestamp, Uuid};

/// Makes records one after the other, at even distances of time.
pub(crate) struct Records {
    next: u64,
    begin: OffsetDateTime,
    distance: Duration,
}

impl Records {
    /// From `begin` on, so far apart.
    pub(crate) fn new(begin: OffsetDateTime, distance: Duration) -> Self {
        Self { next: 0, begin, distance }
    }

    /// The next record, as it is journaled.
    pub(crate) fn entry(&mut self) -> Entry {
        let number = self.next;
        self.next += 1;
        // Spreads numbers, so that neighbours differ as they do in a log of many callers.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let time = self.begin + self.distance * f64::from(u32::try_from(number).unwrap());
        let id = event_id(time, mixed);
        let (user, key) = ((mixed >> 20) % USERS, (mixed >> 40) % KEYS);
        let name = match mixed % 1_000 {
            0 => "CreateKey",
            1..=4 => "DescribeKey",
            5..=299 => "Decrypt",
            300..=399 => "Encrypt",
            _ => "GenerateDataKey",
        };
        let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{}", Uuid::from_u64_pair(key, KEYS));
        let record = format!(
            concat!(
                r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROA{user:017}:app-{user}","#,
                r#""arn":"arn:aws:sts::{account}:assumed-role/application-{user}/app-{user}","accountId":"{account}","#,
                r#""accessKeyId":"ASIA{user:016}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{user:017}","#,
                r#""arn":"arn:aws:iam::{account}:role/application-{user}","accountId":"{account}","userName":"application-{user}"}},"#,
                r#""attributes":{{"creationDate":"2026-01-31T23:59:59Z","mfaAuthenticated":"false"}}}}}},"eventTime":"{time}","#,
                r#""eventSource":"kms.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.{ip}","#,
                r#""userAgent":"aws-sdk-java/2.31.0 Linux/6.1 OpenJDK_64-Bit_Server_VM/21.0.2","requestParameters":{{"keySpec":"AES_256","#,
                r#""keyId":"{arn}","encryptionContext":{{"tenant":"{user}","purpose":"storage"}}}},"responseElements":null,"#,
                r#""additionalEventData":{{"keyMaterialId":"{mixed:064x}"}},"requestID":"{request}","eventID":"{id}","#,
                r#""readOnly":{read_only},"resources":[{{"accountId":"{account}","type":"AWS::KMS::Key","ARN":"{arn}"}}],"#,
                r#""eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management"}}"#
            ),
            user = user,
            account = ACCOUNT,
            time = time.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap(),
            name = name,
            ip = mixed % 250,
            arn = arn,
            mixed = u128::from(mixed) << 64 | u128::from(number),
            request = Uuid::from_u64_pair(mixed, number),
            id = id,
            read_only = name != "CreateKey",
        );
        Entry::new(id, Bytes::from(arn), Bytes::from(record))
    }
}

fn event_id(time: OffsetDateTime, mixed: u64) -> Uuid {
    let seconds = u64::try_from(time.unix_timestamp()).unwrap();
    let made = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, time.nanosecond()));
    // The time part as it is made, the random part repeatable.
    let (high, low) = made.as_u64_pair();
    Uuid::from_u64_pair(high & !0xfff | mixed & 0xfff, low >> 62 << 62 | mixed >> 2)
}

const ACCOUNT: &str = "111122223333";
const USERS: u64 = 500;
const KEYS: u64 = 5_000;
