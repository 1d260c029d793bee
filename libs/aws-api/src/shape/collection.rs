//! Lists and maps as members.

use std::collections::BTreeMap;

use super::bounded::Excerpt;
use super::check::{Facets, broken};
use super::derived::UNCONSTRAINED;
use super::violation::Broken;
use super::{Constraints, Kind, Member, Place, Shape, Violations};

impl<T: Shape> Shape for Vec<T> {
    type Wire = Vec<T::Wire>;
    const KIND: Kind = Kind::List;
    const VALUES: &'static [&'static str] = T::VALUES;
    const SENSITIVE: bool = T::SENSITIVE;
    const NESTED: Option<fn() -> &'static [Member]> = T::NESTED;

    fn facets(wire: &Self::Wire) -> Facets<'_> {
        Facets::of_length(wire.len())
    }

    fn check(wire: &Self::Wire, constraints: &'static Constraints, place: Place<'_>, found: &mut Violations) {
        check_own::<Self>(wire, constraints, place, found);
        let each = constraints.each.unwrap_or(&UNCONSTRAINED);
        if T::KIND.holds_others() {
            for (index, element) in wire.iter().enumerate() {
                T::check(element, each, place.element(index), found);
            }
        } else if wire.iter().any(|element| breaks_any::<T>(element, each)) {
            let broken = Broken::Element(each, T::VALUES);
            found.report::<Self>(wire, constraints, place, broken);
        }
    }

    fn build(wire: Self::Wire) -> Option<Self> {
        wire.into_iter().map(T::build).collect()
    }

    fn show(wire: &Self::Wire, out: &mut Excerpt) -> bool {
        out.add("[");
        for (index, element) in wire.iter().enumerate() {
            if out.is_full() {
                break;
            }
            out.add(if index > 0 { ", " } else { "" });
            if !T::show(element, out) {
                return false;
            }
        }
        out.add("]");
        true
    }
}

impl<T: Shape> Shape for BTreeMap<String, T> {
    type Wire = BTreeMap<String, T::Wire>;
    const KIND: Kind = Kind::Map;
    const VALUES: &'static [&'static str] = T::VALUES;
    const SENSITIVE: bool = T::SENSITIVE;
    const NESTED: Option<fn() -> &'static [Member]> = T::NESTED;

    fn facets(wire: &Self::Wire) -> Facets<'_> {
        Facets::of_length(wire.len())
    }

    fn check(wire: &Self::Wire, constraints: &'static Constraints, place: Place<'_>, found: &mut Violations) {
        check_own::<Self>(wire, constraints, place, found);
        if let Some(keys) = constraints.keys
            && wire.keys().any(|key| breaks_any::<String>(key, keys))
        {
            found.report::<Self>(wire, constraints, place, Broken::MapKey(keys));
        }
        let each = constraints.each.unwrap_or(&UNCONSTRAINED);
        if T::KIND.holds_others() {
            for (key, value) in wire {
                T::check(value, each, place.entry(key), found);
            }
        } else if wire.values().any(|value| breaks_any::<T>(value, each)) {
            let broken = Broken::MapValue(each, T::VALUES);
            found.report::<Self>(wire, constraints, place, broken);
        }
    }

    fn build(wire: Self::Wire) -> Option<Self> {
        wire.into_iter().map(|(key, value)| Some((key, T::build(value)?))).collect()
    }

    /// AWS leaves maps out of its messages.
    fn show(_wire: &Self::Wire, _out: &mut Excerpt) -> bool {
        false
    }
}

/// The constraints of the list or map itself; [`Shape::VALUES`] speak of its elements.
fn check_own<S: Shape>(wire: &S::Wire, constraints: &Constraints, place: Place<'_>, found: &mut Violations) {
    broken(&S::facets(wire), constraints, &[], |constraint| {
        found.report::<S>(wire, constraints, place, constraint);
    });
}

fn breaks_any<S: Shape>(wire: &S::Wire, constraints: &Constraints) -> bool {
    let mut any = false;
    broken(&S::facets(wire), constraints, S::VALUES, |_| any = true);
    any
}
