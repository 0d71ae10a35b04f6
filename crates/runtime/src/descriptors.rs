//! How many files and connections this process may have open: each stream is one. Many systems give a process 1,024, and let it ask for more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// As many are asked for: connections of clients, of stores, and to what nodes ask.
const WANTED: u64 = 65_536;

/// Asks for what the system allows, and no more than is wanted. Returns how many there may be from now on; none where there is no limit.
pub fn raise_descriptor_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let allowed = limit.maximum.unwrap_or(WANTED).min(WANTED);
    let now = limit.current?;
    if now >= allowed {
        return Some(now);
    }
    let raised = Rlimit {
        current: Some(allowed),
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => Some(allowed),
        Err(_) => Some(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_raised_to_what_the_system_allows_and_never_lowered() {
        let before = getrlimit(Resource::Nofile);
        let raised = raise_descriptor_limit();
        let after = getrlimit(Resource::Nofile);
        assert_eq!(raised, after.current);
        assert_eq!(after.maximum, before.maximum);
        assert!(after.current.unwrap_or(u64::MAX) >= before.current.unwrap_or(u64::MAX));
        let allowed = before.maximum.unwrap_or(WANTED).min(WANTED);
        assert!(after.current.unwrap_or(u64::MAX) >= allowed);
    }
}
