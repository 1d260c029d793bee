//! IP addresses and ranges of conditions, of both versions: `203.0.113.0/24`, `2001:db8::/32`, or one address.

use std::net::IpAddr;

/// A range of addresses of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    start: IpAddr,
    prefix_length: u32,
}

impl Network {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let start: IpAddr = address.parse().ok()?;
        let longest = if start.is_ipv4() { 32 } else { 128 };
        let prefix_length = match length {
            None => longest,
            Some(digits) => {
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
                digits.parse().ok().filter(|length| plain && *length <= longest)?
            }
        };
        Some(Self { start, prefix_length })
    }

    /// How many bits of its addresses are fixed.
    pub(crate) fn prefix_length(self) -> u32 {
        self.prefix_length
    }

    /// Whether the address is in the range; one of version 4 written as version 6 is one of version 4.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self.start, address.to_canonical()) {
            (IpAddr::V4(start), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix_length).unwrap_or(0);
                start.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(start), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix_length).unwrap_or(0);
                start.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_own_addresses_only() {
        let contains =
            |range, address: &str| Network::parse(range).unwrap().contains(address.parse().unwrap());
        assert!(contains("203.0.113.0/24", "203.0.113.255"));
        assert!(!contains("203.0.113.0/24", "203.0.114.0"));
        assert!(contains("203.0.113.7/24", "203.0.113.1"), "what stands behind the prefix does not count");
        assert!(contains("203.0.113.7", "203.0.113.7"));
        assert!(!contains("203.0.113.7", "203.0.113.8"));
        assert!(contains("0.0.0.0/0", "255.1.2.3"));
        assert!(contains("203.0.113.0/24", "::ffff:203.0.113.9"));
        assert!(contains("2001:db8:1234:5678::/64", "2001:db8:1234:5678::1"));
        assert!(!contains("2001:db8:1234:5678::/64", "2001:db8:1234:5679::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(!contains("::/0", "203.0.113.9"));
    }

    #[test]
    fn other_texts_are_no_ranges() {
        for bad in
            ["", "203.0.113", "203.0.113.0/33", "2001:db8::/129", "203.0.113.0/+8", "203.0.113.0/", "a/8"]
        {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }
}
