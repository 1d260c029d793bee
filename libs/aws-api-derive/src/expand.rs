//! The code that `#[derive(Input)]` writes.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Error, Field, Fields, GenericArgument, PathArguments, Result, Type};

use crate::attributes::{MemberAttributes, crate_path};
use crate::names::pascal_case;
use crate::tables::{member_constant, tables};

/// One member: its field, and what the attributes say of it.
pub(crate) struct Member<'a> {
    pub(crate) field: &'a Ident,
    /// The field's type without its `Option`.
    pub(crate) shape: &'a Type,
    pub(crate) presence: Presence,
    pub(crate) name: String,
    pub(crate) attributes: MemberAttributes,
}

#[derive(PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    Defaulted,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.span(), "Input is for structs; write an enum with wire_enum!"));
    };
    let fields = match &data.fields {
        Fields::Named(fields) => fields.named.iter().collect(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(fields) => return Err(Error::new(fields.span(), "Input needs named fields")),
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), "Input is for structs without parameters"));
    }
    let members = fields.into_iter().map(Member::read).collect::<Result<Vec<_>>>()?;
    refuse_equal_names(&members)?;

    let api = crate_path(&input.attrs)?;
    let type_name = &input.ident;
    let wire = wire_struct(&members);
    let deserialize = deserialize(&members, type_name);
    let tables = tables(&members);
    let shape = shape_impl(&members, type_name);
    Ok(quote! {
        #[doc(hidden)]
        #[allow(unreachable_pub, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #api::shape as __shape;
            use __shape::derived as __derived;
            use __derived::serde as __serde;
            #wire
            #deserialize
            #tables
            #shape
        };
    })
}

impl<'a> Member<'a> {
    fn read(field: &'a Field) -> Result<Self> {
        let attributes = MemberAttributes::parse(&field.attrs)?;
        let ident = field.ident.as_ref().ok_or_else(|| Error::new(field.span(), "a member needs a name"))?;
        let (shape, presence) = match (option_of(&field.ty), attributes.default) {
            (Some(_), true) => return Err(Error::new(field.span(), "an Option needs no default")),
            (Some(inner), false) => (inner, Presence::Optional),
            (None, true) => (&field.ty, Presence::Defaulted),
            (None, false) => (&field.ty, Presence::Required),
        };
        let name = match &attributes.name {
            Some(name) => name.value(),
            None => pascal_case(&ident.unraw().to_string()),
        };
        Ok(Self { field: ident, shape, presence, name, attributes })
    }
}

fn refuse_equal_names(members: &[Member<'_>]) -> Result<()> {
    for (index, member) in members.iter().enumerate() {
        if members.iter().skip(index + 1).any(|other| other.name == member.name) {
            return Err(Error::new(member.field.span(), "another member has this wire name"));
        }
    }
    Ok(())
}

/// The `T` of an `Option<T>`.
fn option_of(field_type: &Type) -> Option<&Type> {
    let path = match field_type {
        Type::Path(path) => path,
        // As a macro passes a type on.
        Type::Group(group) => return option_of(&group.elem),
        _ => return None,
    };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => Some(inner),
        _ => None,
    }
}

/// What the body is decoded into: every member may be absent.
fn wire_struct(members: &[Member<'_>]) -> TokenStream {
    let fields = members.iter().map(|member| {
        let (field, shape) = (member.field, member.shape);
        quote! { #field: ::core::option::Option<<#shape as __shape::Shape>::Wire> }
    });
    let nothing = members.iter().map(|member| {
        let field = member.field;
        quote! { #field: ::core::option::Option::None }
    });
    quote! {
        pub struct __Wire { #(#fields,)* }
        impl __Wire {
            fn nothing() -> Self { Self { #(#nothing,)* } }
        }
    }
}

/// Written out rather than derived, so that only an object is a structure (serde's own also takes an array), and
/// the deriving crate needs no serde.
fn deserialize(members: &[Member<'_>], type_name: &Ident) -> TokenStream {
    let names = members.iter().map(|member| &member.name).collect::<Vec<_>>();
    let known = members.iter().enumerate().map(|(index, member)| {
        let name = &member.name;
        quote! { #name => ::core::option::Option::Some(#index) }
    });
    let takes = members.iter().enumerate().map(|(index, member)| {
        let field = member.field;
        quote! { ::core::option::Option::Some(#index) => wire.#field = map.next_value()? }
    });
    let type_name = type_name.to_string();
    quote! {
        fn index_of(name: &str) -> ::core::option::Option<usize> {
            match name { #(#known,)* _ => ::core::option::Option::None }
        }
        struct __WireVisitor;
        impl<'de> __serde::de::Visitor<'de> for __WireVisitor {
            type Value = __Wire;
            fn expecting(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str("a structure")
            }
            fn visit_map<A: __serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> ::core::result::Result<__Wire, A::Error> {
                let mut wire = __Wire::nothing();
                while let ::core::option::Option::Some(index) =
                    map.next_key_seed(__derived::MemberIndex(index_of))?
                {
                    match index {
                        #(#takes,)*
                        _ => { map.next_value::<__serde::de::IgnoredAny>()?; }
                    }
                }
                ::core::result::Result::Ok(wire)
            }
        }
        impl<'de> __serde::Deserialize<'de> for __Wire {
            fn deserialize<D: __serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                deserializer.deserialize_struct(#type_name, &[#(#names,)*], __WireVisitor)
            }
        }
    }
}

fn shape_impl(members: &[Member<'_>], type_name: &Ident) -> TokenStream {
    let constants = (0..members.len()).map(member_constant).collect::<Vec<_>>();
    let checks = members.iter().zip(&constants).map(|(member, constant)| {
        let (field, shape) = (member.field, member.shape);
        quote! { __derived::check_member::<#shape>(wire.#field.as_ref(), &#constant, place, found); }
    });
    let builds = members.iter().map(|member| {
        let (field, shape) = (member.field, member.shape);
        let build = match member.presence {
            Presence::Required => quote! { <#shape as __shape::Shape>::build(wire.#field?)? },
            Presence::Optional => quote! { __derived::build_optional::<#shape>(wire.#field)? },
            Presence::Defaulted => {
                quote! { __derived::build_optional::<#shape>(wire.#field)?.unwrap_or_default() }
            }
        };
        quote! { #field: #build }
    });
    quote! {
        impl __shape::Shape for #type_name {
            type Wire = __Wire;
            const KIND: __shape::Kind = __shape::Kind::Structure;
            const NESTED: ::core::option::Option<fn() -> &'static [__shape::Member]> =
                ::core::option::Option::Some(|| <#type_name as __shape::Input>::MEMBERS);
            fn facets(_wire: &__Wire) -> __shape::Facets<'_> {
                __shape::Facets::NONE
            }
            fn check(
                wire: &__Wire,
                _constraints: &'static __shape::Constraints,
                place: __shape::Place<'_>,
                found: &mut __shape::Violations,
            ) {
                let _ = (wire, place, &found);
                #(#checks)*
            }
            fn build(wire: __Wire) -> ::core::option::Option<Self> {
                let _ = &wire;
                ::core::option::Option::Some(Self { #(#builds,)* })
            }
        }
        impl __shape::Input for #type_name {
            const MEMBERS: &'static [__shape::Member] = &[#(#constants,)*];
        }
    }
}
