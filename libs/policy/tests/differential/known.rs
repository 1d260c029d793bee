//! The differences that are known, each with the page of AWS that decides it. A difference is put to them once it has
//! been made as small as it gets, so that what is left of the case is what the two differ about.

use std::net::IpAddr;

use crate::anatomy::{Condition, Place, Statement, texts, variables};
use crate::{Decisions, Question};

/// A way in which the two differ.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// What AWS says, and where.
    pub(crate) page: &'static str,
    pub(crate) right: Right,
    fits: fn(&Question, &Decisions) -> bool,
}

/// Who is right by the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// We are.
    Ours,
    /// The page doesn't say; nothing is widened.
    Open,
    /// We are stricter than the page, on purpose.
    Stricter,
}

/// The known difference that a smallest case shows.
pub(crate) fn known(question: &Question, decisions: &Decisions) -> Option<&'static Known> {
    KNOWN.iter().find(|known| (known.fits)(question, decisions))
}

fn any_statement(question: &Question, fits: impl Fn(&Statement<'_>) -> bool) -> bool {
    question.statements().iter().any(fits)
}

fn any_condition(question: &Question, fits: impl Fn(&Condition<'_>) -> bool) -> bool {
    any_statement(question, |statement| statement.conditions().iter().any(&fits))
}

/// Whether the resource's policy has this name as a principal, or one of the names.
fn names(question: &Question, name: impl Fn(&str) -> bool) -> bool {
    any_statement(question, |statement| {
        let named = ["Principal", "NotPrincipal"]
            .map(|element| statement.body.get(element).map_or_else(Vec::new, texts));
        statement.place == Place::Resource && named.concat().into_iter().any(&name)
    })
}

fn asks_as(question: &Question, kind: &str) -> bool {
    question.request.principal.r#type == kind
}

fn is_unique_id(name: &str) -> bool {
    name.starts_with("AIDA") || name.starts_with("AROA")
}

fn lacking_value(question: &Question, values: &[&str]) -> bool {
    values.iter().any(|value| question.lacks_value(value))
}

/// The part of an ARN behind the account, up to the first slash or colon, and whether there is one.
fn resource_type(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    resource.find(['/', ':']).and_then(|at| resource.get(..at))
}

fn of_two_ip_versions_or_forms(question: &Question, condition: &Condition<'_>) -> bool {
    let address = |text: &str| text.split('/').next().and_then(|text| text.parse::<IpAddr>().ok());
    let actual = question.values_of(condition.key).unwrap_or_default();
    actual.iter().any(|actual| {
        condition.values.iter().any(|written| match (address(actual), address(written)) {
            (Some(a), Some(b)) => a.is_ipv4() != b.is_ipv4() || (a == b && actual != written),
            _ => false,
        })
    })
}

fn is_epoch(text: &str) -> bool {
    text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(crate) const KNOWN: &[Known] = &[
    Known {
        name: "session policies don't narrow what a resource's policy gives to the session",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html",
        right: Right::Ours,
        fits: |question, decisions| {
            let who = &question.request.principal;
            decisions.ours == "allow"
                && question.policies.session.is_some()
                && who.account() == question.request.resource_account
                && names(question, |name| name == who.arn)
        },
    },
    Known {
        name: "a federated user's session need not be named like the user",
        page: "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html",
        right: Right::Ours,
        fits: |question, _| {
            let who = &question.request.principal;
            let user = who.issuer.as_deref().unwrap_or_default();
            let user_name = user.rsplit('/').next().unwrap_or_default();
            asks_as(question, "federatedUser")
                && !who.arn.ends_with(user_name)
                && names(question, |name| name == user)
        },
    },
    Known {
        name: "an Allow for everyone is not for services: they are to be named",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        right: Right::Stricter,
        fits: |question, decisions| {
            asks_as(question, "service")
                && decisions.ours == "implicitDeny"
                && names(question, |name| name == "*")
        },
    },
    Known {
        name: "an Allow for everyone is not for identity providers: they are to be named",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        right: Right::Stricter,
        fits: |question, decisions| {
            asks_as(question, "identityProvider")
                && decisions.ours == "implicitDeny"
                && names(question, |name| name == "*")
        },
    },
    Known {
        name: "an identity provider's users are not of the account that the provider is registered in",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        right: Right::Ours,
        fits: |question, _| {
            let account = question.request.principal.account();
            asks_as(question, "identityProvider")
                && !account.is_empty()
                && names(question, |name| name == account || *name == format!("arn:aws:iam::{account}:root"))
        },
    },
    Known {
        name: "a role is named with its path",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns",
        right: Right::Ours,
        fits: |question, _| {
            let role = question.request.principal.issuer.as_deref().unwrap_or_default();
            let last = |arn: &str| arn.rsplit('/').next().map(str::to_owned);
            let only_named_alike =
                |name: &str| name.contains(":role/") && name != role && last(name) == last(role);
            asks_as(question, "role") && names(question, only_named_alike)
        },
    },
    Known {
        name: "a principal may be named by its unique id",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
        right: Right::Ours,
        fits: |question, _| names(question, is_unique_id) && question.values_of("aws:userid").is_some(),
    },
    Known {
        name: "NotPrincipal must list the account, the role and the session to spare the session",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
        right: Right::Ours,
        fits: |question, decisions| {
            decisions.ours == "explicitDeny"
                && any_statement(question, |statement| statement.body.get("NotPrincipal").is_some())
        },
    },
    Known {
        name: "IfExists holds for an absent key under ForAnyValue too",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                let operator = condition.operator;
                operator.starts_with("ForAnyValue:")
                    && operator.ends_with("IfExists")
                    && question.values_of(condition.key).is_none_or(<[String]>::is_empty)
            })
        },
    },
    Known {
        name: "a key with a list of values, under an operator for one",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
        right: Right::Open,
        fits: |question, _| {
            any_condition(question, |condition| {
                !condition.operator.contains(':')
                    && condition.operator != "Null"
                    && question.is_list(condition.key)
            })
        },
    },
    Known {
        name: "a key with a list of values, as a variable",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
        right: Right::Open,
        fits: |question, _| {
            any_statement(question, |statement| {
                let texts = statement.variable_texts();
                texts.into_iter().any(|text| variables(text).iter().any(|(key, _)| question.is_list(key)))
            })
        },
    },
    Known {
        name: "variables are plain text in the older version",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html",
        right: Right::Ours,
        fits: |question, _| {
            any_statement(question, |statement| {
                statement.version == "2008-10-17"
                    && statement.variable_texts().iter().any(|text| text.contains("${"))
            })
        },
    },
    Known {
        name: "an escape stands for its character in every string, not only where there are wildcards",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                let escaped = |value: &&str| value.contains("${*}") || value.contains("${?}");
                condition.operator.contains("String")
                    && !condition.operator.contains("Like")
                    && condition.values.iter().any(escaped)
            })
        },
    },
    Known {
        name: "an empty default is a default",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-default-values",
        right: Right::Ours,
        fits: |question, _| {
            let is_empty = |(_, default): &(&str, Option<&str>)| default.is_some_and(str::is_empty);
            any_statement(question, |statement| {
                statement.variable_texts().into_iter().any(|text| variables(text).iter().any(is_empty))
            })
        },
    },
    Known {
        name: "a set operator takes an empty value for none",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                let values = question.values_of(condition.key).unwrap_or_default();
                condition.operator.contains(':') && !values.is_empty() && values.iter().all(String::is_empty)
            })
        },
    },
    Known {
        name: "a variable without a value is like nothing, so that a negated operator holds",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                condition.operator.contains("Not") && lacking_value(question, &condition.values)
            })
        },
    },
    Known {
        name: "a variable with a colon in an ARN",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-conditionelement",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                condition.operator.contains("Arn")
                    && condition.values.iter().any(|value| !variables(value).is_empty())
            })
        },
    },
    Known {
        name: "a variable straight behind the account of a resource",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement",
        right: Right::Ours,
        fits: |question, _| {
            any_statement(question, |statement| {
                let patterns = [statement.texts("Resource"), statement.texts("NotResource")].concat();
                patterns.into_iter().filter_map(resource_type).any(|kind| kind.contains("${"))
            })
        },
    },
    Known {
        name: "a variable without a value under NotResource excludes nothing",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value",
        right: Right::Ours,
        fits: |question, _| {
            any_statement(question, |statement| lacking_value(question, &statement.texts("NotResource")))
        },
    },
    Known {
        // The page calls it invalid; examples of AWS's have it: `arn:aws:ec2:us-east-1:111122223333:*/*`.
        name: "a wildcard in the resource type is one",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
        right: Right::Open,
        fits: |question, _| {
            any_statement(question, |statement| {
                let patterns = [statement.texts("Resource"), statement.texts("NotResource")].concat();
                patterns.into_iter().filter_map(resource_type).any(|kind| kind.contains(['*', '?']))
            })
        },
    },
    Known {
        name: "addresses of two versions, or written in two ways",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                condition.operator.contains("IpAddress") && of_two_ip_versions_or_forms(question, condition)
            })
        },
    },
    Known {
        name: "a range of all addresses has all addresses",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                condition.operator.contains("IpAddress")
                    && condition.values.iter().any(|value| value.ends_with("/0"))
            })
        },
    },
    Known {
        name: "Null takes a key without values for absent",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                condition.operator == "Null"
                    && question.values_of(condition.key).is_some_and(<[String]>::is_empty)
            })
        },
    },
    Known {
        name: "seconds since 1970 beside a date",
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date",
        right: Right::Ours,
        fits: |question, _| {
            any_condition(question, |condition| {
                let actual = question.values_of(condition.key).unwrap_or_default();
                let all = || actual.iter().map(String::as_str).chain(condition.values.iter().copied());
                condition.operator.contains("Date") && all().any(is_epoch) && !all().all(is_epoch)
            })
        },
    },
];
