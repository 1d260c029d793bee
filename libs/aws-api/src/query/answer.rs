//! The frames around results and errors.

use serde::Serialize;

use super::xml::{Element, EncodeError, write_leaf};
use crate::error::Fault;

/// The answer of a successful call.
///
/// Structures become elements, lists `<member>` elements, maps `<entry><key/><value/></entry>`. An output of `()` has no
/// result element, as AWS's answers to operations without an output.
///
/// # Errors
/// [`EncodeError`] if the output's own `Serialize` fails, or has a form that AWS's XML doesn't know.
pub fn encode_response<T: Serialize>(
    action: &str,
    xmlns: &str,
    request_id: &str,
    output: &T,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = String::with_capacity(512);
    open(&mut out, &format!("{action}Response"), xmlns);
    output.serialize(Element::new(&mut out, &format!("{action}Result")))?;
    out.push_str("<ResponseMetadata>");
    write_leaf(&mut out, "RequestId", request_id);
    out.push_str("</ResponseMetadata></");
    out.push_str(action);
    out.push_str("Response>");
    Ok(out.into_bytes())
}

/// The answer of a failed call.
pub fn encode_error(xmlns: &str, fault: Fault, code: &str, message: &str, request_id: &str) -> Vec<u8> {
    let fault = match fault {
        Fault::Sender => "Sender",
        Fault::Receiver => "Receiver",
    };
    let mut out = String::with_capacity(512);
    open(&mut out, "ErrorResponse", xmlns);
    out.push_str("<Error>");
    write_leaf(&mut out, "Type", fault);
    write_leaf(&mut out, "Code", code);
    write_leaf(&mut out, "Message", message);
    out.push_str("</Error>");
    write_leaf(&mut out, "RequestId", request_id);
    out.push_str("</ErrorResponse>");
    out.into_bytes()
}

fn open(out: &mut String, name: &str, xmlns: &str) {
    out.push('<');
    out.push_str(name);
    out.push_str(" xmlns=\"");
    out.push_str(&quick_xml::escape::escape(xmlns));
    out.push_str("\">");
}
