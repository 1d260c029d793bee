//! Makes cases that are worth asking: what is asked for, and policies that mostly are about it.

mod asked;
mod conditions;
mod keys;
mod statements;

use crate::Question;
use crate::case::Texts;
use crate::random::Random;
use asked::ResourcePolicy;

/// A case, which follows from the numbers.
pub(crate) fn question(random: &mut Random) -> Question {
    let target = asked::target(random);
    let request = asked::asked(random, target);
    let who = request.principal.r#type.as_str();
    let has_identity = matches!(who, "user" | "role" | "federatedUser");
    // Some without any, up to five, as the benchmark has.
    let count = if has_identity {
        *random.weighted(&[(15, 0), (35, 1), (20, 2), (12, 3), (8, 4), (10, 5)])
    } else {
        0
    };
    let identity = (0..count).map(|_| statements::document(random, &request, None, 8)).collect();
    let boundary =
        (has_identity && random.percent(30)).then(|| statements::document(random, &request, None, 8));
    let sessions = match who {
        "role" if random.percent(35) => 1 + random.below(2),
        // A federated user without session policies has nothing.
        "federatedUser" => 1 + random.below(2),
        _ => 0,
    };
    let session =
        (sessions > 0).then(|| (0..sessions).map(|_| statements::session_policy(random, &request)).collect());
    let has_policy = match target.policy {
        ResourcePolicy::None => false,
        ResourcePolicy::Additional => random.percent(65),
        ResourcePolicy::Required | ResourcePolicy::Trust => true,
    };
    let resource = has_policy.then(|| statements::document(random, &request, Some(target.policy), 12));
    let required = matches!(target.policy, ResourcePolicy::Required | ResourcePolicy::Trust);
    let policies = Texts {
        identity,
        boundary,
        session,
        resource,
        resource_policy_required: required,
        grants: Vec::new(),
    };
    Question { request, policies }
}
