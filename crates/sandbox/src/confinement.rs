//! The same confinement for work of our own on what strangers send: a process that reads one document, for example.

/// What a process still has when it confined itself: a processor, memory, and what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confinement {
    /// Bytes of address space.
    pub memory_bytes: u64,
    /// Seconds of a processor.
    pub cpu_seconds: u64,
}

/// Takes files, network, other processes and every right from this process, for good, and bounds what is left. What stood open beside
/// the three standard streams is closed. Must be called while there is one thread; a process of root's becomes another user's.
///
/// # Errors
/// When something cannot be taken, with words for the operator: the process must not go on then.
pub fn confine(confinement: Confinement) -> Result<(), String> {
    #[cfg(target_os = "linux")]
    return crate::child::confined_reader(confinement);
    #[cfg(not(target_os = "linux"))]
    {
        let _nothing_to_bound = confinement;
        Err("processes can be isolated on Linux only".to_owned())
    }
}
