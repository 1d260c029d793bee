//! What the `#[member(...)]` and `#[input(...)]` attributes say.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Attribute, Error, Expr, Lit, LitStr, Path, RangeLimits, Result, Token, UnOp, parenthesized};

/// The `#[member(...)]` attributes of one field.
#[derive(Default)]
pub(crate) struct MemberAttributes {
    pub(crate) name: Option<LitStr>,
    pub(crate) default: bool,
    pub(crate) shape: bool,
    pub(crate) rules: Rules,
}

/// Constraints of a member, or of a list's elements or a map's keys.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) length: Option<Limits>,
    pub(crate) range: Option<Limits>,
    pub(crate) pattern: Option<LitStr>,
    pub(crate) one_of: Vec<LitStr>,
    pub(crate) each: Option<Box<Rules>>,
    pub(crate) keys: Option<Box<Rules>>,
    pub(crate) sensitive: bool,
}

/// The two sides of a range, each of which may be open.
pub(crate) struct Limits {
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
}

impl MemberAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut member = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("member")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    member.name = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("default") {
                    member.default = true;
                } else if meta.path.is_ident("shape") {
                    member.shape = true;
                } else {
                    member.rules.parse_one(&meta)?;
                }
                Ok(())
            })?;
        }
        Ok(member)
    }
}

impl Rules {
    fn parse_one(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("length") {
            let limits = Limits::parse(meta)?;
            if limits.min.is_some_and(|min| min < 0) || limits.max.is_some_and(|max| max < 0) {
                return Err(meta.error("a length is never negative"));
            }
            self.length = Some(limits);
        } else if meta.path.is_ident("range") {
            self.range = Some(Limits::parse(meta)?);
        } else if meta.path.is_ident("pattern") {
            self.pattern = Some(parse_pattern(meta)?);
        } else if meta.path.is_ident("one_of") {
            let content;
            parenthesized!(content in meta.input);
            self.one_of = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?.into_iter().collect();
        } else if meta.path.is_ident("each") {
            self.each = Some(Box::new(Self::parse_group(meta)?));
        } else if meta.path.is_ident("keys") {
            self.keys = Some(Box::new(Self::parse_group(meta)?));
        } else if meta.path.is_ident("sensitive") {
            self.sensitive = true;
        } else {
            return Err(meta.error("unknown constraint"));
        }
        Ok(())
    }

    fn parse_group(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let mut rules = Self::default();
        meta.parse_nested_meta(|inner| rules.parse_one(&inner))?;
        Ok(rules)
    }
}

impl Limits {
    fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let expression: Expr = meta.value()?.parse()?;
        let Expr::Range(range) = &expression else {
            return Err(Error::new(expression.span(), "write the limits as a range: 1..=2048"));
        };
        if range.end.is_some() && matches!(range.limits, RangeLimits::HalfOpen(_)) {
            return Err(Error::new(range.span(), "AWS's limits include both ends: write a..=b"));
        }
        let min = range.start.as_deref().map(integer).transpose()?;
        let max = range.end.as_deref().map(integer).transpose()?;
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            return Err(Error::new(range.span(), "the range is empty"));
        }
        Ok(Self { min, max })
    }
}

fn integer(expression: &Expr) -> Result<i64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse(),
            other => Err(Error::new(other.span(), "expected an integer")),
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => Ok(-integer(&unary.expr)?),
        other => Err(Error::new(other.span(), "expected an integer literal")),
    }
}

/// A pattern that can't be compiled is an error of the build, not of the first request.
fn parse_pattern(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let pattern: LitStr = meta.value()?.parse()?;
    regex_syntax::Parser::new()
        .parse(&pattern.value())
        .map_err(|error| Error::new(pattern.span(), format!("not a regular expression: {error}")))?;
    Ok(pattern)
}

/// The path of the `keywright_aws_api` crate as seen from the deriving one.
pub(crate) fn crate_path(attributes: &[Attribute]) -> Result<Path> {
    let mut path = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("input")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                path = Some(meta.value()?.parse::<LitStr>()?.parse()?);
                Ok(())
            } else {
                Err(meta.error("unknown attribute"))
            }
        })?;
    }
    path.map_or_else(|| LitStr::new("::keywright_aws_api", Span::call_site()).parse(), Ok)
}
