//! Files and ports, by Landlock: what an interpreter needs to start and to import, and nothing to write.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible as _, NetPort,
    Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope, make_bitflags,
    path_beneath_rules,
};

/// What we know to ask for. An older kernel holds less; what it must hold is checked.
const KNOWN: ABI = ABI::V6;

/// Loaders of dynamic programs: the kernel runs them when it runs an interpreter.
const LOADERS: [&str; 6] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-riscv64-lp64d.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
    "/lib/ld-musl-riscv64.so.1",
];

/// From here on only `program` can be run, if anything, only what is `readable` can be read, and only `port` can be connected to.
pub(super) fn restrict(
    program: Option<&Path>,
    readable: &[PathBuf],
    port: Option<u16>,
) -> Result<(), String> {
    let problem = |error: landlock::RulesetError| format!("Landlock cannot be used: {error}");
    let read: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let run: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | Execute});
    let ports = Ruleset::default().set_compatibility(match port {
        // A kernel that cannot tell ports apart would leave all of them open.
        Some(_) => CompatLevel::HardRequirement,
        None => CompatLevel::BestEffort,
    });
    let rules = ports
        .handle_access(AccessNet::from_all(KNOWN))
        .map_err(|_| {
            "the kernel cannot restrict the network (Landlock before Linux 6.7)".to_owned()
        })?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))
        .and_then(|rules| rules.scope(Scope::from_all(KNOWN)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(readable, read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(program, run)))
        .and_then(|rules| {
            // No program, no loader of programs.
            let loaders = LOADERS.iter().filter(|_| program.is_some());
            rules.add_rules(path_beneath_rules(loaders, run))
        })
        .and_then(|rules| {
            rules.add_rules(port.map(|port| Ok(NetPort::new(port, AccessNet::ConnectTcp))))
        })
        .map_err(problem)?;
    let status = rules.restrict_self().map_err(problem)?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(
            "the kernel has no Landlock, or it is switched off (Linux 5.13 or newer has it)"
                .to_owned(),
        ),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}
