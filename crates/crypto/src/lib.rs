//! Cryptography behind narrow doors: which library does the work shows nowhere else.

pub mod digest;
pub mod equal;
pub mod jws;
pub mod key_set;
pub mod keys;
pub mod password;
pub mod random;
pub mod unique_json;
pub mod veil;
