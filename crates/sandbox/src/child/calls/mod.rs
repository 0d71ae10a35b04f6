//! System calls, by seccomp: a list of those that computing needs, some of them with these arguments only. All others fail, and the
//! ones that no interpreter makes unless a program wants out end the process.

use std::{collections::BTreeMap, env::consts::ARCH};

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

mod list;

/// The parts of a rule: an argument, how it is compared, and with what.
type Part = (u8, SeccompCmpOp, u64);
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// From here on only listed calls can be made. What is installed later decides between two refusals, so the list comes last.
pub(super) fn restrict(network: bool) -> Result<(), String> {
    let arch = TargetArch::try_from(ARCH)
        .map_err(|_| format!("system calls of {ARCH} cannot be restricted"))?;
    let errno = |number: i32| SeccompAction::Errno(number.unsigned_abs());
    let filters = [
        (
            plain(list::ABSENT),
            SeccompAction::Allow,
            errno(libc::ENOSYS),
        ),
        (fatal()?, SeccompAction::Allow, SeccompAction::KillProcess),
        (allowed(network)?, errno(libc::EPERM), SeccompAction::Allow),
    ];
    let mut programs = Vec::new();
    for (rules, otherwise, matched) in filters {
        let filter = SeccompFilter::new(rules, otherwise, matched, arch);
        let program = filter.and_then(BpfProgram::try_from);
        programs
            .push(program.map_err(|error| format!("the list of system calls is wrong: {error}"))?);
    }
    for program in &programs {
        apply_filter(program).map_err(|error| format!("seccomp cannot be used: {error}"))?;
    }
    Ok(())
}

/// Calls that end the process.
fn fatal() -> Result<Rules, String> {
    let mut rules = plain(list::FATAL);
    // Threads are welcome, processes are not.
    let process = [(0, SeccompCmpOp::MaskedEq(bits(libc::CLONE_THREAD)), 0)];
    rules.insert(libc::SYS_clone, vec![rule(&process)?]);
    Ok(rules)
}

/// Calls that are allowed.
fn allowed(network: bool) -> Result<Rules, String> {
    let mut rules = plain(list::COMPUTING);
    rules.extend(plain(list::ABSENT));
    let own = u64::from(std::process::id());
    let to_self = || rule(&[(0, SeccompCmpOp::Eq, own)]).map(|rule| vec![rule]);
    rules.insert(libc::SYS_kill, to_self()?);
    rules.insert(libc::SYS_tgkill, to_self()?);
    rules.insert(
        libc::SYS_prlimit64,
        vec![rule(&[(0, SeccompCmpOp::Eq, 0)])?],
    );
    rules.insert(libc::SYS_ioctl, one_of(1, list::IOCTLS.iter().copied())?);
    rules.insert(
        libc::SYS_fcntl,
        one_of(1, list::FCNTLS.iter().map(|value| bits(*value)))?,
    );
    rules.insert(
        libc::SYS_prctl,
        one_of(0, list::PRCTLS.iter().map(|value| bits(*value)))?,
    );
    rules.extend(sockets(network)?);
    Ok(rules)
}

/// Two connected sockets are a pipe, which event loops wake themselves by. Sockets that reach further are TCP to begin with, and
/// Landlock knows which port.
fn sockets(network: bool) -> Result<Rules, String> {
    const KIND: u64 = 0xf;
    let is = |argument: u8, value: i32| (argument, SeccompCmpOp::Eq, bits(value));
    let stream = (1, SeccompCmpOp::MaskedEq(KIND), bits(libc::SOCK_STREAM));
    // A first packet with an address would open a connection that nobody looks at.
    let no_open = |argument: u8| {
        (
            argument,
            SeccompCmpOp::MaskedEq(bits(libc::MSG_FASTOPEN)),
            0,
        )
    };
    let mut rules = plain(list::CONNECTED);
    let pair = [is(0, libc::AF_UNIX), stream.clone()];
    rules.insert(libc::SYS_socketpair, vec![rule(&pair)?]);
    // Without an address.
    let send = [(4, SeccompCmpOp::Eq, 0), no_open(3)];
    rules.insert(libc::SYS_sendto, vec![rule(&send)?]);
    if network {
        let mut made = Vec::new();
        for family in [libc::AF_INET, libc::AF_INET6] {
            for protocol in [0, libc::IPPROTO_TCP] {
                made.push(rule(&[is(0, family), stream.clone(), is(2, protocol)])?);
            }
        }
        rules.insert(libc::SYS_socket, made);
        rules.insert(libc::SYS_connect, vec![]);
        rules.insert(libc::SYS_sendmsg, vec![rule(&[no_open(2)])?]);
    }
    Ok(rules)
}

fn plain(calls: &[c_long]) -> Rules {
    calls.iter().map(|call| (*call, vec![])).collect()
}

fn one_of(argument: u8, values: impl Iterator<Item = u64>) -> Result<Vec<SeccompRule>, String> {
    let rules = values.map(|value| rule(&[(argument, SeccompCmpOp::Eq, value)]));
    rules.collect()
}

/// All parts hold. Arguments are compared as 32 bits: what callers put above them is not read by the kernel.
fn rule(parts: &[Part]) -> Result<SeccompRule, String> {
    let conditions = parts.iter().map(|(argument, operator, value)| {
        // A pointer counts whole.
        let length = match (argument, operator) {
            (4, SeccompCmpOp::Eq) => SeccompCmpArgLen::Qword,
            _ => SeccompCmpArgLen::Dword,
        };
        SeccompCondition::new(*argument, length, operator.clone(), *value)
    });
    let conditions = conditions.collect::<Result<Vec<_>, _>>();
    conditions
        .and_then(SeccompRule::new)
        .map_err(|error| format!("a rule for system calls is wrong: {error}"))
}

fn bits(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}
