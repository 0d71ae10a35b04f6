//! The one comparison for secrets: constant time, over bytes, any length (DECISIONS F3).

/// Whether two secrets are equal. Different lengths are unequal at once; the length is no secret.
pub fn secrets_equal(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    constant_time_eq::constant_time_eq(a.as_ref(), b.as_ref())
}

#[cfg(test)]
mod tests {
    use super::secrets_equal;

    #[test]
    fn f3_sec_152_constant_time_equal_compares_any_length_and_bytes() {
        assert!(secrets_equal("", ""));
        assert!(secrets_equal("päss", "päss"));
        assert!(!secrets_equal("a", "b"));
        assert!(!secrets_equal("a", "ab"));
        assert!(!secrets_equal([0xff, 0xfe], [0xff]));
    }
}
