//! What records show of an event data store's settings.

use keywright_audit_log::Fields;
use keywright_aws_api::Shown;

use crate::lake::selectors::{AdvancedEventSelector, AdvancedFieldSelector};

/// The settings that a request names.
pub(super) struct Settings<'a> {
    pub(super) selectors: Option<&'a [AdvancedEventSelector]>,
    pub(super) multi_region: Option<bool>,
    pub(super) organization: Option<bool>,
    pub(super) retention_period: Option<i32>,
    pub(super) termination_protection: Option<bool>,
    pub(super) kms_key_id: Option<&'a str>,
    pub(super) billing_mode: Option<&'a str>,
}

impl<'a> Settings<'a> {
    pub(super) fn show(self, shown: &mut Shown<'a>) {
        let request = &mut shown.request;
        if let Some(selectors) = self.selectors {
            request.push_objects("advancedEventSelectors", selectors.iter().map(selector));
        }
        for (name, value) in [
            ("multiRegionEnabled", self.multi_region),
            ("organizationEnabled", self.organization),
            ("terminationProtectionEnabled", self.termination_protection),
        ] {
            if let Some(value) = value {
                request.push_bool(name, value);
            }
        }
        if let Some(days) = self.retention_period {
            request.push_i64("retentionPeriod", days.into());
        }
        request.push_opt_str("kmsKeyId", self.kms_key_id);
        request.push_opt_str("billingMode", self.billing_mode);
    }
}

fn selector(selector: &AdvancedEventSelector) -> Fields<'_> {
    let mut fields = Fields::new();
    fields.push_opt_str("name", selector.name.as_deref());
    fields.push_objects("fieldSelectors", selector.field_selectors.iter().map(field_selector));
    fields
}

fn field_selector(selector: &AdvancedFieldSelector) -> Fields<'_> {
    let mut fields = Fields::new();
    fields.push_str("field", selector.field.as_str());
    for (name, values) in [
        ("equals", &selector.equals),
        ("startsWith", &selector.starts_with),
        ("endsWith", &selector.ends_with),
        ("notEquals", &selector.not_equals),
        ("notStartsWith", &selector.not_starts_with),
        ("notEndsWith", &selector.not_ends_with),
    ] {
        if let Some(values) = values {
            fields.push_list(name, values.iter().map(String::as_str));
        }
    }
    fields
}
