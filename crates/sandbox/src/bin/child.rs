//! The child alone, for tests: servers carry it in their own binaries. Asked to `probe`, it confines itself and tells what it can
//! still do.

use std::{
    env, fs,
    io::{self, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
};

use gatewright_sandbox::{Confinement, confine};

fn main() -> io::Result<()> {
    gatewright_sandbox::child::take_over_if_asked();
    if env::args().nth(1).as_deref() == Some("probe") {
        probe()?;
    }
    Ok(())
}

fn probe() -> io::Result<()> {
    let confined = confine(Confinement {
        memory_bytes: 256 << 20,
        cpu_seconds: 5,
    });
    let mut out = io::stdout();
    if let Err(problem) = confined {
        return writeln!(out, "unconfined: {problem}");
    }
    let attempts = [
        ("read", fs::read("/etc/passwd").map(drop)),
        ("list", fs::read_dir("/").map(drop)),
        ("write", fs::write("/tmp/gatewright-probe", "x")),
        ("connect", TcpStream::connect("127.0.0.1:1").map(drop)),
        ("listen", TcpListener::bind("127.0.0.1:0").map(drop)),
        ("root", if_root()),
        ("memory", reserve()),
    ];
    for (what, result) in attempts {
        let word = match result {
            Ok(()) => "could".to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        writeln!(out, "{what}: {word}")?;
    }
    let sum = thread::Builder::new().spawn(|| 1 + 1)?.join();
    writeln!(out, "thread: {}", sum.is_ok())?;
    out.flush()?;
    // Last: it is the end of the process.
    let started = Command::new("/bin/ls").spawn();
    writeln!(out, "start: {}", started.is_ok())
}

fn if_root() -> io::Result<()> {
    if rustix::process::geteuid().is_root() {
        Ok(())
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

fn reserve() -> io::Result<()> {
    let mut much = Vec::<u8>::new();
    much.try_reserve_exact(512 << 20)
        .map_err(|_| io::ErrorKind::OutOfMemory.into())
}
