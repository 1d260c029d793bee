//! Conditions: operators with their modifiers, keys and values.
//!
//! Several values of one key are alternatives (for a negated operator: none of them may match); several keys and several
//! operators must all hold. What an absent key means depends on the operator:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
//!
//! A variable without a value is like nothing, so that a negated operator
//! [holds](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value).
//!
//! One thing AWS leaves open, and here it never widens what is allowed: a key with several values under an operator
//! without `ForAllValues` or `ForAnyValue`. In an `Allow` all of them must fit, in a `Deny` one is enough.

mod date;
mod network;
mod number;
mod operator;
mod value;

use crate::document::{Conditions, Effect};
use crate::{ContextKeys, Problem};
pub(crate) use network::Network;
pub(crate) use operator::{Comparison, Operator, SetOperator};
use value::Value;

/// One operator on one key.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    operator: Operator,
    name: Box<str>,
    key: Box<str>,
    values: Box<[Value]>,
}

/// Makes the conditions of a statement ready; all of them must hold.
pub(crate) fn compile(conditions: &Conditions, variables: bool) -> Result<Box<[Condition]>, Problem> {
    let each =
        conditions.iter().flat_map(|(name, keys)| keys.iter().map(move |(key, values)| (name, key, values)));
    each.map(|(name, key, values)| Condition::new(name, key, values, variables)).collect()
}

/// Checks the name of an operator.
pub(crate) fn check_operator(name: &str) -> Result<(), Problem> {
    Operator::parse(name).map(drop).ok_or(Problem::ConditionOperator)
}

/// Checks the name of a key: a vendor and a name.
pub(crate) fn check_key(key: &str) -> Result<(), Problem> {
    let well_formed =
        key.split_once(':').is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty());
    if well_formed && !key.contains(['*', '?', '$']) { Ok(()) } else { Err(Problem::ConditionKey) }
}

/// Checks a value for an operator.
pub(crate) fn check_value(operator: &str, text: &str, variables: bool) -> Result<(), Problem> {
    let operator = Operator::parse(operator).ok_or(Problem::ConditionOperator)?;
    Value::new(operator, text, variables).map(drop)
}

impl Condition {
    fn new(name: &str, key: &str, values: &[String], variables: bool) -> Result<Self, Problem> {
        let operator = Operator::parse(name).ok_or(Problem::ConditionOperator)?;
        let values =
            values.iter().map(|text| Value::new(operator, text, variables)).collect::<Result<_, _>>()?;
        Ok(Self { operator, name: name.into(), key: key.into(), values })
    }

    /// The operator as it was written.
    pub(crate) fn operator(&self) -> &str {
        &self.name
    }

    /// The key as it was written.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether it holds, in a statement of this effect.
    pub(crate) fn holds(&self, context: &dyn ContextKeys, effect: Effect) -> bool {
        if self.operator.comparison == Comparison::Null {
            return self.null_holds(context);
        }
        let (mut all, mut any, mut count, mut empty) = (true, false, 0_usize, true);
        context.get(&self.key, &mut |actual| {
            let holds = self.holds_for(actual, context);
            (all, any, count, empty) = (all && holds, any || holds, count + 1, empty && actual.is_empty());
        });
        match self.operator.set {
            _ if count == 0 && self.operator.if_exists => true,
            // Nothing but empty values counts as nothing.
            Some(SetOperator::ForAllValues) => all || empty,
            Some(SetOperator::ForAnyValue) => any && !empty,
            None if count == 0 => self.operator.negated,
            None if effect == Effect::Deny => any,
            None => all,
        }
    }

    fn holds_for(&self, actual: &str, context: &dyn ContextKeys) -> bool {
        let fits = |value: &Value| value.matches(actual, context);
        self.values.iter().any(fits) != self.operator.negated
    }

    fn null_holds(&self, context: &dyn ContextKeys) -> bool {
        let mut present = false;
        context.get(&self.key, &mut |_| present = true);
        self.values.iter().any(|value| matches!(value, Value::Null(absent) if *absent != present))
    }
}
