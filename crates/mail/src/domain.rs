//! Domain names as mail servers know them: those with umlauts, or in another script, as `xn--…` (IDNA,
//! UTS #46). The part before the `@` stays as it is: whoever has mails there needs a server that takes
//! them (SMTPUTF8).

use lettre::Address;

/// The address with its domain in ASCII. None when that is not one.
pub(crate) fn in_ascii(address: &Address) -> Option<Address> {
    let domain = host_in_ascii(address.domain())?;
    Address::new(address.user(), domain).ok()
}

/// A host in ASCII. What is ASCII already (a name with an underscore, an IP address in brackets) is
/// not touched.
pub(crate) fn host_in_ascii(host: &str) -> Option<String> {
    if host.is_ascii() {
        return Some(host.to_owned());
    }
    idna::domain_to_ascii(host).ok()
}

#[cfg(test)]
mod tests {
    use super::host_in_ascii;

    #[test]
    fn f_hosts_in_any_script_have_an_ascii_form() {
        for (host, ascii) in [
            ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
            ("例え.jp", "xn--r8jz45g.jp"),
            ("smtp_1.internal", "smtp_1.internal"),
            ("[::1]", "[::1]"),
            ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ] {
            assert_eq!(host_in_ascii(host).as_deref(), Some(ascii));
        }
        assert_eq!(host_in_ascii("a\u{fffd}b.example"), None);
    }
}
