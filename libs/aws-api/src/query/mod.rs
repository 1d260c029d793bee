//! The Query protocol of IAM and STS: form-encoded requests, XML answers.
//!
//! A request's members are the pairs of a form (`Tags.member.1.Key=env`), in the body of a POST or the query of a GET.
//! [`Form`] reads them, [`decode_query`] makes the same checked input of them as JSON would give, and
//! [`encode_response`] and [`encode_error`] write the answers.
//! See [Making query requests](https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html).

mod answer;
mod decode;
mod form;
mod nested;
mod tree;
mod xml;

#[cfg(test)]
mod tests;

pub use answer::{encode_error, encode_response};
pub use decode::decode_query;
pub use form::Form;
pub use xml::EncodeError;
