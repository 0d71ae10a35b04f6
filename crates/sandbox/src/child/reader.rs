//! A process of ours that confines itself: as the child of a program, without an interpreter.

use crate::{confinement::Confinement, plan::Bounds};

use super::confine::{Kept, give_up_all_but};

/// Who it is where the server is root: nobody's number, and none of those of programs.
const READER_UID: u32 = 62_999;

/// Takes everything from this process but a processor, memory and its standard streams.
pub(crate) fn confined_reader(confinement: Confinement) -> Result<(), String> {
    give_up_all_but(&Kept {
        program: None,
        readable: &[],
        uid: rustix::process::geteuid().is_root().then_some(READER_UID),
        port: None,
        bounds: Bounds {
            cpu_seconds: confinement.cpu_seconds,
            addresses: Some(confinement.memory_bytes),
            data: None,
            threads: None,
        },
        // Its reader is started by whichever thread reads the document.
        ends_with_its_parent: false,
    })
}
