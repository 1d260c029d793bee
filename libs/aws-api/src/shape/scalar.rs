//! Text, numbers and booleans as members.

use std::fmt::Write as _;

use super::bounded::Excerpt;
use super::check::Facets;
use super::{Kind, Shape};

impl Shape for String {
    type Wire = Self;
    const KIND: Kind = Kind::String;

    fn facets(wire: &Self) -> Facets<'_> {
        Facets::of_text(wire)
    }

    fn build(wire: Self) -> Option<Self> {
        Some(wire)
    }

    fn show(wire: &Self, out: &mut Excerpt) -> bool {
        out.add(wire);
        true
    }
}

macro_rules! scalar {
    ($type:ty, $kind:ident, $wire:ident => $facets:expr) => {
        impl Shape for $type {
            type Wire = Self;
            const KIND: Kind = Kind::$kind;

            fn facets($wire: &Self) -> Facets<'_> {
                $facets
            }

            fn build(wire: Self) -> Option<Self> {
                Some(wire)
            }

            fn show(wire: &Self, out: &mut Excerpt) -> bool {
                write!(out, "{wire}").is_ok()
            }
        }
    };
}

scalar!(i32, Integer, wire => Facets::of_number(i64::from(*wire)));
scalar!(i64, Integer, wire => Facets::of_number(*wire));
scalar!(f64, Float, _wire => Facets::NONE);
scalar!(bool, Boolean, _wire => Facets::NONE);
