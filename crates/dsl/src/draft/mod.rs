//! Drafts: the hash that tells one from the next, who may overwrite whom, and what must hold before one is
//! saved or published.

mod check;
mod hash;
mod human_input;

pub use check::{DraftError, check_marks, check_publish, check_save};
pub use hash::{NotInSync, check_hash, draft_hash};

pub use crate::features::{FeatureError, check_features, current_features};
