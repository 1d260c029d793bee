//! Percent-encoding as the canonical form has it: everything but `A-Z a-z 0-9 - . _ ~`, digits in upper case.

/// What canonical text is built in.
pub(crate) type Buffer = Vec<u8>;

/// Appends text, encoded; the slash too.
pub(crate) fn append(out: &mut Buffer, bytes: impl IntoIterator<Item = u8>) {
    bytes.into_iter().for_each(|byte| append_byte(out, byte, false));
}

/// Appends a path, encoded but for its slashes.
pub(crate) fn append_path(out: &mut Buffer, bytes: impl IntoIterator<Item = u8>) {
    bytes.into_iter().for_each(|byte| append_byte(out, byte, true));
}

fn append_byte(out: &mut Buffer, byte: u8, keep_slash: bool) {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte),
        b'/' if keep_slash => out.push(byte),
        _ => out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0x0F)]),
    }
}

fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}
