//! Makes cases that are worth asking: what is asked for, and policies that mostly are about it.

mod asked;
mod conditions;
mod keys;
mod statements;

use serde_json::json;

use crate::Question;
use crate::anatomy::Place;
use crate::case::{Asked, Texts};
use crate::random::Random;
use asked::{ResourcePolicy, Target};
use statements::Style;

/// A case, which follows from the numbers.
pub(crate) fn question(random: &mut Random) -> Question {
    let target = asked::target(random);
    let request = asked::asked(random, target);
    let mut policies = if random.percent(50) {
        one_decides(random, &request, target)
    } else {
        much(random, &request, target)
    };
    policies.resource_policy_required =
        matches!(target.policy, ResourcePolicy::Required | ResourcePolicy::Trust);
    Question { request, policies }
}

/// Much of everything.
fn much(random: &mut Random, asked: &Asked, target: &Target) -> Texts {
    let who = asked.principal.r#type.as_str();
    let has_identity = matches!(who, "user" | "role" | "federatedUser");
    // From none up to five, as the benchmark has.
    let counts = [(15, 0), (35, 1), (20, 2), (12, 3), (8, 4), (10, 5)];
    let count = if has_identity { *random.weighted(&counts) } else { 0 };
    let identity = (0..count).map(|_| statements::document(random, asked, Style::BROAD, None)).collect();
    let boundary =
        (has_identity && random.percent(30)).then(|| statements::document(random, asked, Style::BROAD, None));
    let sessions = match who {
        "role" if random.percent(35) => 1 + random.below(2),
        // A federated user without session policies has nothing.
        "federatedUser" => 1 + random.below(2),
        _ => 0,
    };
    let session =
        (sessions > 0).then(|| (0..sessions).map(|_| statements::session_policy(random, asked)).collect());
    let has_policy = match target.policy {
        ResourcePolicy::None => false,
        ResourcePolicy::Additional => random.percent(65),
        ResourcePolicy::Required | ResourcePolicy::Trust => true,
    };
    let style = Style { denies: 12, incomplete: 0, ..Style::BROAD };
    let resource = has_policy.then(|| statements::document(random, asked, style, Some(target.policy)));
    Texts { identity, boundary, session, resource, ..Texts::default() }
}

/// All depends on one document; the others allow.
fn one_decides(random: &mut Random, asked: &Asked, target: &Target) -> Texts {
    let who = asked.principal.r#type.as_str();
    let mut places = match who {
        "user" => vec![Place::Identity, Place::Identity, Place::Boundary],
        "role" | "federatedUser" => vec![Place::Identity, Place::Identity, Place::Boundary, Place::Session],
        _ => Vec::new(),
    };
    if target.policy != ResourcePolicy::None || places.is_empty() {
        places.push(Place::Resource);
    }
    let place = *random.pick(&places);
    let has_policy = target.policy != ResourcePolicy::None;
    let mut texts = Texts {
        identity: if places.len() > 1 { vec![statements::open()] } else { Vec::new() },
        session: (who == "federatedUser").then(|| vec![statements::open()]),
        resource: has_policy.then(|| statements::delegating(asked)),
        ..Texts::default()
    };
    match place {
        Place::Identity => texts.identity = vec![statements::deciding(random, asked, true, None)],
        Place::Boundary => texts.boundary = Some(statements::deciding(random, asked, true, None)),
        Place::Session => {
            let mut document = statements::deciding(random, asked, false, None);
            document["Version"] = json!("2012-10-17");
            texts.session = Some(vec![document]);
        }
        Place::Resource if has_policy => {
            texts.resource = Some(statements::deciding(random, asked, false, Some(target.policy)));
            if asked.principal.account() == asked.resource_account {
                texts.identity.clear();
            }
        }
        Place::Resource => {}
    }
    texts
}
