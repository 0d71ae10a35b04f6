//! A process of ours that confines itself: as the child of a program, without an interpreter.

use crate::{confinement::Confinement, plan::Bounds};

use super::{
    calls,
    confine::{close_what_was_left, give_up_rights, limit, offer_to_be_ended},
    files,
};

/// Who it is where the server is root: nobody's number, and none of those of programs.
const READER_UID: u32 = 62_999;

/// Takes everything from this process but a processor, memory and its standard streams.
pub(crate) fn confined_reader(confinement: Confinement) -> Result<(), String> {
    close_what_was_left();
    offer_to_be_ended();
    files::restrict(None, &[], None)?;
    give_up_rights(rustix::process::geteuid().is_root().then_some(READER_UID))?;
    limit(Bounds {
        cpu_seconds: confinement.cpu_seconds,
        addresses: Some(confinement.memory_bytes),
        data: None,
        threads: None,
    })?;
    calls::restrict(false)
}
