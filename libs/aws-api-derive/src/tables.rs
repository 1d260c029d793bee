//! The table of members that `#[derive(Input)]` writes, with each member's constraints.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use crate::attributes::{Limits, Rules};
use crate::expand::{Member, Presence};

/// One constant for each member, and the matchers of their patterns.
pub(crate) fn tables(members: &[Member<'_>]) -> TokenStream {
    let mut matchers = Matchers::default();
    let constants = members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let constant = member_constant(index);
            let (name, shape) = (&member.name, member.shape);
            let required = member.presence == Presence::Required;
            let sensitive = member.attributes.rules.sensitive;
            let constraints = constraints(&member.attributes.rules, &mut matchers);
            quote! {
                const #constant: __shape::Member = __shape::Member {
                    name: #name,
                    required: #required,
                    kind: <#shape as __shape::Shape>::KIND,
                    values: <#shape as __shape::Shape>::VALUES,
                    constraints: #constraints,
                    sensitive: <#shape as __shape::Shape>::SENSITIVE || #sensitive,
                    nested: <#shape as __shape::Shape>::NESTED,
                };
            }
        })
        .collect::<Vec<_>>();
    let functions = matchers.functions;
    let nested = members.iter().filter(|member| member.attributes.shape).map(|member| {
        let shape = member.shape;
        quote! {
            const _: () = assert!(
                <#shape as __shape::Shape>::NESTED.is_some(),
                "a member marked as a shape must be of a type that derives Input",
            );
        }
    });
    quote! { #(#functions)* #(#constants)* #(#nested)* }
}

pub(crate) fn member_constant(index: usize) -> Ident {
    format_ident!("MEMBER_{index}")
}

/// The functions that match the patterns, each with its own compiled expression.
#[derive(Default)]
struct Matchers {
    functions: Vec<TokenStream>,
}

impl Matchers {
    fn add(&mut self, pattern: &str) -> Ident {
        let function = Ident::new(&format!("matches_{}", self.functions.len()), Span::call_site());
        self.functions.push(quote! {
            fn #function(text: &str) -> bool {
                static EXPRESSION: __derived::Expression = __derived::Expression::new(#pattern);
                EXPRESSION.matches(text)
            }
        });
        function
    }
}

fn constraints(rules: &Rules, matchers: &mut Matchers) -> TokenStream {
    let mut given = Vec::new();
    if let Some(length) = &rules.length {
        let bounds = bounds(length, true);
        given.push(quote! { length: #bounds });
    }
    if let Some(range) = &rules.range {
        let bounds = bounds(range, false);
        given.push(quote! { range: #bounds });
    }
    if let Some(pattern) = &rules.pattern {
        let matcher = matchers.add(&pattern.value());
        given.push(quote! {
            pattern: ::core::option::Option::Some(__shape::Pattern { text: #pattern, matches: #matcher })
        });
    }
    if !rules.one_of.is_empty() {
        let values = &rules.one_of;
        given.push(quote! { one_of: &[#(#values,)*] });
    }
    for (name, inner) in [("each", &rules.each), ("keys", &rules.keys)] {
        if let Some(inner) = inner {
            let name = Ident::new(name, Span::call_site());
            let inner = constraints(inner, matchers);
            given.push(quote! { #name: ::core::option::Option::Some(&#inner) });
        }
    }
    if rules.sensitive {
        given.push(quote! { sensitive: true });
    }
    quote! { __shape::Constraints { #(#given,)* ..__shape::Constraints::NONE } }
}

fn bounds(limits: &Limits, unsigned: bool) -> TokenStream {
    let side = |limit: Option<i64>| match limit {
        None => quote! { ::core::option::Option::None },
        // `Limits::parse` refuses a negative length.
        Some(limit) if unsigned => {
            let limit = limit.unsigned_abs();
            quote! { ::core::option::Option::Some(#limit) }
        }
        Some(limit) => quote! { ::core::option::Option::Some(#limit) },
    };
    let (min, max) = (side(limits.min), side(limits.max));
    quote! { __shape::Bounds { min: #min, max: #max } }
}
