//! Programs as Dify's sandbox was recorded running them, and ways out that lead nowhere. Whoever runs these tests as root sees the
//! same ones once more as the systemd unit and the container run a server: without a right, and with no memory that is written and
//! then run.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use gatewright_sandbox::{
    Language, Limits, Outcome, Program, Proxy, Sandbox, SandboxError, SandboxSettings,
};

/// Names the helper where these tests run as somebody who may not reach the built one.
const HELPER: &str = "GATEWRIGHT_TEST_SANDBOX_CHILD";

fn settings() -> SandboxSettings {
    SandboxSettings {
        helper: std::env::var_os(HELPER).map_or_else(
            || PathBuf::from(env!("CARGO_BIN_EXE_sandbox-child")),
            PathBuf::from,
        ),
        python: None,
        node: None,
        proxy: None,
        limits: Limits {
            time: Duration::from_secs(10),
            ..Limits::default()
        },
        workers: 4,
        queue: 50,
        ready: 1,
    }
}

fn sandbox() -> Sandbox {
    Sandbox::new(settings()).unwrap()
}

fn sandbox_of(limits: Limits) -> Sandbox {
    let settings = SandboxSettings {
        limits,
        ..settings()
    };
    Sandbox::new(settings).unwrap()
}

async fn run(sandbox: &Sandbox, language: Language, code: &str) -> Outcome {
    let program = Program {
        language,
        code,
        network: true,
    };
    sandbox.run(program).await.unwrap()
}

async fn python(code: &str) -> Outcome {
    run(&sandbox(), Language::Python, code).await
}

async fn javascript(code: &str) -> Outcome {
    run(&sandbox(), Language::JavaScript, code).await
}

fn printed(outcome: &Outcome) -> (&str, &str, &str, i32) {
    (
        &outcome.stdout,
        &outcome.stderr,
        &outcome.error,
        outcome.exit_code,
    )
}

#[tokio::test]
async fn python_programs_end_as_recorded() {
    let sandbox = sandbox();
    let traceback = "Traceback (most recent call last):\n  File \"<fd3>\", line 1, in <module>\nValueError: x\n";
    let syntax =
        "  File \"<fd3>\", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n";
    for (code, stdout, stderr, exit_code) in [
        ("print(\"hi\")", "hi\n", "", 0),
        (
            "import sys; print(\"out\"); print(\"err\", file=sys.stderr)",
            "out\n",
            "err\n",
            0,
        ),
        ("raise ValueError(\"x\")", "", traceback, 255),
        ("import sys; sys.exit(3)", "", "", 3),
        (
            "import sys; print(sys.argv, '__file__' in globals())",
            "[''] False\n",
            "",
            0,
        ),
        ("import os; os._exit(4)", "", "", 4),
        ("def f(:", "", syntax, 255),
        ("print(\"é你\")", "é你\n", "", 0),
        (
            "import threading; t=threading.Thread(target=print,args=(\"in thread\",)); t.start(); t.join()",
            "in thread\n",
            "",
            0,
        ),
    ] {
        let outcome = run(&sandbox, Language::Python, code).await;
        let error = match (exit_code, stderr) {
            (0, _) => String::new(),
            (code, "") => format!("process exited with code {code}"),
            (code, stderr) => format!("process exited with code {code}\n{stderr}"),
        };
        assert_eq!(
            printed(&outcome),
            (stdout, stderr, error.as_str(), exit_code),
            "{code}"
        );
    }
    let much = run(&sandbox, Language::Python, "print(\"x\"*100000)").await;
    assert_eq!((much.stdout.len(), much.exit_code), (100_001, 0));
}

#[tokio::test]
async fn javascript_programs_end_as_recorded() {
    let sandbox = sandbox();
    for (code, stdout, stderr, exit_code) in [
        ("console.log(\"hi\")", "hi\n", "", 0),
        ("console.error(\"e\"); process.exit(3)", "", "e\n", 3),
        (
            "(async () => { await null; console.log([1, {a: 'é你'}]) })()",
            "[ 1, { a: 'é你' } ]\n",
            "",
            0,
        ),
        (
            "setTimeout(() => console.log(require('crypto').createHash('md5').update('').digest('hex')), 5)",
            "d41d8cd98f00b204e9800998ecf8427e\n",
            "",
            0,
        ),
    ] {
        let outcome = run(&sandbox, Language::JavaScript, code).await;
        assert_eq!(
            (
                outcome.stdout.as_str(),
                outcome.stderr.as_str(),
                outcome.exit_code
            ),
            (stdout, stderr, exit_code),
            "{code}"
        );
    }
    let much = run(
        &sandbox,
        Language::JavaScript,
        "console.log('x'.repeat(3000000)); process.exit(0)",
    )
    .await;
    assert_eq!((much.stdout.len(), much.error.as_str()), (3_000_001, ""));
    let thrown = run(&sandbox, Language::JavaScript, "throw new Error(\"x\")").await;
    assert_eq!(thrown.exit_code, 1);
    let head = "process exited with code 1\n<anonymous_script>:1\nthrow new Error(\"x\")\n^\n\nError: x\n    at eval (eval at <anonymous> (";
    assert!(thrown.error.starts_with(head), "{}", thrown.error);
}

#[tokio::test]
async fn libraries_of_python_that_programs_use_work() {
    let code = "import json, re, datetime, math, decimal, hashlib, base64, asyncio, zoneinfo, random, collections, itertools, csv, html, urllib.parse, statistics, uuid, time\n\
                async def f():\n    await asyncio.sleep(0.001)\n    return 7\n\
                print(asyncio.run(f()), hashlib.sha256(b'').hexdigest()[:4], decimal.Decimal('0.1') + 1, uuid.uuid4().version,\n      \
                datetime.datetime(2025, 7, 1, tzinfo=zoneinfo.ZoneInfo('Asia/Shanghai')).utcoffset())";
    assert_eq!(
        printed(&python(code).await),
        ("7 e3b0 1.1 4 8:00:00\n", "", "", 0)
    );
}

#[tokio::test]
async fn program_that_runs_too_long_is_ended_with_what_it_printed() {
    let limits = Limits {
        time: Duration::from_millis(700),
        ..Limits::default()
    };
    let sandbox = sandbox_of(limits);
    for (language, code) in [
        (
            Language::Python,
            "print('so far', flush=True)\nwhile True: pass",
        ),
        (
            Language::Python,
            "print('so far', flush=True)\nimport time; time.sleep(60)",
        ),
        (
            Language::Python,
            "import signal\nfor s in range(1, 32):\n  try: signal.signal(s, signal.SIG_IGN)\n  except Exception: pass\nprint('so far', flush=True)\nwhile True: pass",
        ),
        (
            Language::JavaScript,
            "console.log('so far'); while (true) {}",
        ),
        (
            Language::JavaScript,
            "console.log('so far'); setInterval(() => {}, 1000)",
        ),
    ] {
        let began = Instant::now();
        let outcome = run(&sandbox, language, code).await;
        assert_eq!(
            printed(&outcome),
            (
                "so far\n",
                "",
                "process exited with code -1\nerror: timeout\nthe limit is 0.7 seconds\n",
                -1
            ),
            "{code}"
        );
        assert!(began.elapsed() < Duration::from_secs(9));
    }
}

/// What a program that tried a way out may print: that it was not let.
fn is_stopped(outcome: &Outcome) -> bool {
    outcome.error.contains("error: operation not permitted")
        || outcome.stdout.starts_with("stopped")
}

#[tokio::test]
async fn sec_194_ways_out_of_python_lead_nowhere() {
    let sandbox = sandbox();
    let attempt = |code: &str| {
        format!(
            "import os, sys, socket, ctypes\ntry:\n    {}\n    print('OUT')\nexcept (OSError, MemoryError, RuntimeError, ValueError) as e:\n    print('stopped', e)\n",
            code.replace('\n', "\n    ")
        )
    };
    for code in [
        // Files.
        "print(open('/etc/passwd').read())",
        "print(open('/proc/1/environ').read())",
        "print(open(f'/proc/{os.getppid()}/environ').read())",
        "print(open('/proc/self/mem').read(1))",
        "print(os.listdir('/'))",
        "print(os.listdir('/tmp'))",
        "open('/tmp/x', 'w')",
        "os.symlink('/etc/passwd', '/tmp/gatewright-x')",
        "os.chmod('/tmp', 0o777)",
        "os.truncate('/etc/hostname', 0)",
        "os.utime('/tmp')",
        "os.mkdir('/dev/shm/x')",
        "os.memfd_create('x')",
        // Network and neighbours.
        "socket.socket()",
        "socket.socket(socket.AF_UNIX).connect('/run/x')",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "a, b = socket.socketpair()\na.sendto(b'x', '/run/systemd/notify')",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:1/')",
        // Processes.
        "os.fork()",
        "os.system('ls')",
        "import subprocess; subprocess.run(['ls'])",
        "os.posix_spawn('/bin/ls', ['ls'], {})",
        "os.execv('/bin/sh', ['sh', '-c', 'echo OUT'])",
        "os.execv('/usr/bin/env', ['env'])",
        "os.kill(os.getppid(), 9)",
        "os.kill(0, 9)",
        "os.kill(-1, 15)",
        "os.nice(-5)",
        "os.setuid(0)",
        // The kernel.
        "if ctypes.CDLL(None, use_errno=True).syscall(165, 0, 0, 0, 0, 0): raise OSError('mount')",
        "if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0): raise OSError('ptrace')",
        "if ctypes.CDLL(None).unshare(0x10000000): raise OSError('unshare')",
        "if ctypes.CDLL(None).syscall(425, 8, 0) < 0: raise OSError('io_uring')",
        "if ctypes.CDLL(None).syscall(321, 0, 0, 0) < 0: raise OSError('bpf')",
        "if ctypes.CDLL(None).syscall(0x40000000 + 41, 2, 1, 0) < 0: raise OSError('x32')",
        // Limits.
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nb = bytearray(1 << 30)",
        "b = bytearray(2 << 30)",
        "x = []\nwhile True: x.append(bytearray(1 << 20))",
        "import threading, time\nfor _ in range(100000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    ] {
        let outcome = run(&sandbox, Language::Python, &attempt(code)).await;
        assert!(is_stopped(&outcome), "{code}: {outcome:?}");
        assert!(!outcome.stdout.contains("OUT"), "{code}: {outcome:?}");
    }
}

#[tokio::test]
async fn sec_194_ways_out_of_javascript_lead_nowhere() {
    let sandbox = sandbox();
    let attempt = |code: &str| {
        format!(
            "(async () => {{ try {{ {code}; console.log('OUT') }} catch (e) {{ console.log('stopped', e.message) }} }})()"
        )
    };
    for code in [
        "console.log(require('fs').readFileSync('/etc/passwd', 'utf8'))",
        "console.log(require('fs').readFileSync('/proc/' + process.ppid + '/environ', 'utf8'))",
        "console.log(require('fs').readdirSync('/'))",
        "require('fs').writeFileSync('/tmp/x', 'x')",
        "require('fs').chmodSync('/tmp', 0o777)",
        "require('fs').symlinkSync('/etc/passwd', '/tmp/gatewright-y')",
        "require('child_process').execSync('ls')",
        "require('child_process').spawnSync('ls').error && (() => { throw new Error('no') })()",
        "process.kill(process.ppid, 'SIGKILL')",
        "process.kill(0, 'SIGKILL')",
        "process.setuid(0)",
        "await fetch('http://127.0.0.1:1/')",
        "await new Promise((done, no) => require('net').connect(1, '127.0.0.1').on('error', no).on('connect', done))",
        "await new Promise((done, no) => require('net').connect('/run/x.sock').on('error', no).on('connect', done))",
        "await new Promise((done, no) => require('net').createServer().on('error', no).listen(0, done))",
        "await new Promise((done, no) => require('dgram').createSocket('udp4').on('error', no).bind(0, done))",
        "process.binding('spawn_sync').spawn({file: '/bin/ls', args: ['ls'], stdio: []}); throw new Error('no')",
    ] {
        let outcome = run(&sandbox, Language::JavaScript, &attempt(code)).await;
        assert!(is_stopped(&outcome), "{code}: {outcome:?}");
        assert!(!outcome.stdout.contains("OUT"), "{code}: {outcome:?}");
    }
}

fn without_node() -> Sandbox {
    let none = SandboxSettings {
        node: Some(PathBuf::from("none")),
        // Little memory: a QuickJS that is not optimised takes its time to fill much.
        limits: Limits {
            time: Duration::from_secs(3),
            memory: 32 << 20,
            ..Limits::default()
        },
        ..settings()
    };
    Sandbox::new(none).unwrap()
}

#[tokio::test]
async fn javascript_runs_without_node_too() {
    let sandbox = without_node();
    for (code, stdout, exit_code) in [
        (
            "console.log('hi', [1, {a: 'é你'}], null)",
            "hi [ 1, { a: 'é你' } ] null\n",
            0,
        ),
        (
            "console.log(Buffer.from('eyJ4Ijoi5L2g8J+YgCJ9', 'base64').toString('utf-8'), btoa('hi'), atob('aGk='), Buffer.from('é').toString('hex'))",
            "{\"x\":\"你😀\"} aGk= hi c3a9\n",
            0,
        ),
        (
            "(async () => { await new Promise((done) => setTimeout(done, 5)); console.log('later') })()",
            "later\n",
            0,
        ),
        (
            "setTimeout(() => console.log('two'), 20); setTimeout(() => console.log('one'), 2)",
            "one\ntwo\n",
            0,
        ),
        ("console.log('a'); process.exit(3)", "a\n", 3),
        (
            "let n = 0; const t = setInterval(() => { n += 1; if (n === 3) { clearInterval(t); console.log(n) } }, 1)",
            "3\n",
            0,
        ),
    ] {
        let outcome = run(&sandbox, Language::JavaScript, code).await;
        assert_eq!(
            (outcome.stdout.as_str(), outcome.exit_code),
            (stdout, exit_code),
            "{outcome:?}"
        );
    }
    for (code, words) in [
        (
            "throw new Error('x')",
            "process exited with code 1\nUncaught Error: x\n    at <eval> (<anonymous_script>:1",
        ),
        (
            "(async () => { throw new TypeError('y') })()",
            "Uncaught TypeError: y\n",
        ),
        (
            "require('fs')",
            "Cannot find module 'fs': programs run without Node here",
        ),
        ("const f = () => f() + 1; f()", "stack"),
        (
            "const a = []; while (true) a.push('x'.repeat(1 << 20) + a.length)",
            "out of memory",
        ),
        ("function f(", "SyntaxError"),
        (
            "/(x+x+)+y/.test('x'.repeat(40))",
            "error: timeout\nthe limit is 3 seconds\n",
        ),
        ("while (true) {}", "error: timeout\n"),
        ("std.open('/etc/passwd')", "std is not defined"),
    ] {
        let outcome = run(&sandbox, Language::JavaScript, code).await;
        assert!(outcome.error.contains(words), "{code}: {outcome:?}");
    }
}

#[tokio::test]
async fn memory_of_javascript_is_bounded() {
    let sandbox = sandbox();
    for code in [
        "const all = []; while (true) all.push(new Array(1e5).fill({}));",
        "const all = []; while (true) all.push(Buffer.alloc(1 << 24, 1));",
    ] {
        let outcome = run(&sandbox, Language::JavaScript, code).await;
        assert_ne!(outcome.exit_code, 0, "{code}: {}", outcome.error);
        assert!(
            !outcome.error.contains("timeout"),
            "{code}: {}",
            outcome.error
        );
    }
}

#[tokio::test]
async fn output_beyond_the_limit_ends_the_program() {
    let limits = Limits {
        output: 100_000,
        ..Limits::default()
    };
    let sandbox = sandbox_of(limits);
    for (language, code) in [
        (Language::Python, "while True: print('x' * 1000)"),
        (
            Language::JavaScript,
            "while (true) console.error('x'.repeat(1000))",
        ),
    ] {
        let outcome = run(&sandbox, language, code).await;
        assert!(
            outcome.error.ends_with("error: too much output\n"),
            "{}",
            &outcome.error[outcome.error.len() - 100..]
        );
        assert!(outcome.stdout.len() + outcome.stderr.len() == 100_000);
    }
}

#[tokio::test]
async fn program_sees_neither_the_environment_nor_the_descriptors_of_the_server() {
    // One that is passed on to children by mistake.
    let file = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let code = "import os\nopen_ = []\nfor n in range(3, 64):\n    try: os.fstat(n); open_.append(n)\n    except OSError: pass\nprint(sorted(os.environ), open_, os.getcwd())";
    let outcome = python(code).await;
    assert_eq!(outcome.stdout, "['HOME', 'LANG', 'TZ'] [] /\n");
    let outcome = javascript("console.log(Object.keys(process.env).sort().join())").await;
    assert_eq!(
        outcome.stdout,
        "HOME,LANG,NODE_USE_ENV_PROXY,OPENSSL_CONF,TZ\n"
    );
}

#[tokio::test]
async fn no_program_runs_as_root_and_none_meets_another() {
    let sandbox = sandbox();
    let code = "import os; print(os.getuid(), os.getgroups())";
    let first = run(&sandbox, Language::Python, code).await.stdout;
    let second = run(&sandbox, Language::Python, code).await.stdout;
    assert!(!first.starts_with("0 "), "{first}");
    if rustix::process::geteuid().is_root() {
        assert_ne!(first, second);
        assert!(first.ends_with("[]\n"), "{first}");
    }
    // What one leaves behind, the next does not find.
    run(
        &sandbox,
        Language::JavaScript,
        "globalThis.left = 1; Array.prototype.map = null",
    )
    .await;
    let next = run(
        &sandbox,
        Language::JavaScript,
        "console.log(typeof left, typeof [].map)",
    )
    .await;
    assert_eq!(next.stdout, "undefined function\n");
}

#[tokio::test]
async fn more_programs_than_places_are_refused_and_the_rest_take_turns() {
    let few = SandboxSettings {
        workers: 2,
        queue: 2,
        ..settings()
    };
    let sandbox = std::sync::Arc::new(Sandbox::new(few).unwrap());
    let runs: Vec<_> = (0..8)
        .map(|number| {
            let sandbox = std::sync::Arc::clone(&sandbox);
            tokio::spawn(async move {
                let code = format!("import time; time.sleep(0.3); print({number})");
                let program = Program {
                    language: Language::Python,
                    code: &code,
                    network: false,
                };
                sandbox.run(program).await
            })
        })
        .collect();
    let (mut done, mut refused) = (0, 0);
    for run in runs {
        match run.await.unwrap() {
            Ok(outcome) => {
                assert_eq!(outcome.exit_code, 0, "{}", outcome.error);
                done += 1;
            }
            Err(error) => {
                assert_eq!(error, SandboxError::Busy);
                refused += 1;
            }
        }
    }
    assert_eq!((done, refused), (4, 4));
}

#[tokio::test]
async fn program_with_a_network_reaches_its_proxy_and_no_other_port() {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };
    let (near, far) = (
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap(),
        TcpListener::bind(("127.0.0.1", 0)).await.unwrap(),
    );
    let port = near.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = near.accept().await {
            let mut head = [0; 4096];
            let read = caller.read(&mut head).await.unwrap();
            let first = String::from_utf8_lossy(&head[..read]);
            let first = first.lines().next().unwrap_or_default().to_owned();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{first}",
                first.len()
            );
            caller.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let networked = SandboxSettings {
        proxy: Some(Proxy {
            port,
            url: format!("http://user:secret@127.0.0.1:{port}"),
        }),
        ..settings()
    };
    let sandbox = Sandbox::new(networked).unwrap();
    let code = "import urllib.request; print(urllib.request.urlopen('http://example.com/a').read().decode())";
    let outcome = run(&sandbox, Language::Python, code).await;
    assert_eq!(
        outcome.stdout, "GET http://example.com/a HTTP/1.1\n",
        "{outcome:?}"
    );
    let other = far.local_addr().unwrap().port();
    for code in [
        format!("socket.create_connection(('127.0.0.1', {other}))"),
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)".to_owned(),
        "socket.socket(socket.AF_UNIX)".to_owned(),
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)".to_owned(),
        "socket.socket().bind(('127.0.0.1', 0))".to_owned(),
        "socket.socket().listen()".to_owned(),
        format!("socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', {other}))"),
        format!("socket.socket().sendmsg([b'x'], [], 0x20000000, ('127.0.0.1', {other}))"),
    ] {
        let code = format!(
            "import socket\ntry:\n    {code}\n    print('OUT')\nexcept OSError as e: print('stopped', e)"
        );
        let outcome = run(&sandbox, Language::Python, &code).await;
        assert!(outcome.stdout.starts_with("stopped"), "{code}: {outcome:?}");
    }
    // A program that asks for none has none.
    let alone = Program {
        language: Language::Python,
        code: "import socket; socket.socket()",
        network: false,
    };
    let outcome = sandbox.run(alone).await.unwrap();
    assert!(
        outcome.error.contains("Operation not permitted"),
        "{outcome:?}"
    );
}

/// Answers a call with an error, or with success and no effect, and runs what follows.
const ANSWERED: &str = "import ctypes, os, struct, sys\n\
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, CALL), (6, 0, 0, 0x50000 + ERROR), (6, 0, 0, 0x7fff0000)]\n\
    code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in steps))\n\
    program = struct.pack('HxxxxxxP', len(steps), ctypes.addressof(code))\n\
    prctl = ctypes.CDLL(None).prctl\n\
    assert prctl(38, 1, 0, 0, 0) == 0 and prctl(22, 2, program, 0, 0) == 0\n\
    os.execv(sys.argv[1], sys.argv[1:])";

/// A helper on a machine where a system call is answered so, whatever is asked of it.
fn helper_where(folder: &Path, call: i64, error: i32) -> PathBuf {
    let script = folder.join(format!("helper-{call}"));
    let answered = ANSWERED
        .replace("CALL", &call.to_string())
        .replace("ERROR", &error.to_string());
    let text = format!(
        "#!/usr/bin/python3\nimport sys\nsys.argv.insert(1, {:?})\n{answered}",
        settings().helper.display().to_string()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    script
}

/// Attempts prove something only where they lead out without the step that stops them.
#[tokio::test]
async fn each_step_of_the_confinement_stops_what_the_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let untouched = sandbox();
    for (step, code) in [
        (
            libc::SYS_landlock_restrict_self,
            "import os; os.listdir('/')",
        ),
        (libc::SYS_seccomp, "import socket; socket.socket()"),
        (libc::SYS_prlimit64, "bytearray(2 << 30)"),
    ] {
        let code = format!("{code}\nprint('OUT')");
        let without = SandboxSettings {
            helper: helper_where(folder.path(), step, 0),
            ..settings()
        };
        let without = Sandbox::new(without).unwrap();
        let outcome = run(&without, Language::Python, &code).await;
        assert_eq!(outcome.stdout, "OUT\n", "{code}: {outcome:?}");
        let outcome = run(&untouched, Language::Python, &code).await;
        assert_eq!(outcome.stdout, "", "{code}: {outcome:?}");
    }
}

#[tokio::test]
async fn machine_that_cannot_isolate_runs_nothing_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let script = helper_where(
        folder.path(),
        libc::SYS_landlock_create_ruleset,
        libc::ENOSYS,
    );
    let sandbox = Sandbox::new(SandboxSettings {
        helper: script,
        ..settings()
    })
    .unwrap();
    for language in Language::ALL {
        let program = Program {
            language,
            code: "1",
            network: false,
        };
        let refused = sandbox.run(program).await.unwrap_err().to_string();
        assert_eq!(
            refused,
            "this machine cannot isolate programs, so none is run: the kernel has no Landlock, or it is switched off (Linux 5.13 or newer has it)"
        );
    }
}

#[test]
fn process_that_confines_itself_can_do_nothing_but_compute() {
    let output = std::process::Command::new(settings().helper)
        .arg("probe")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "read: PermissionDenied\nlist: PermissionDenied\nwrite: PermissionDenied\nconnect: PermissionDenied\nlisten: PermissionDenied\n\
         root: PermissionDenied\nmemory: OutOfMemory\nthread: true\n"
    );
    // By the call that makes a process.
    assert!(!output.status.success());
}

/// Becomes nobody, gives up every right for ever, forbids memory that is written and then run, and runs what follows.
const AS_A_UNIT: &str = "import ctypes, os, sys\n\
    os.setgroups([]); os.setresgid(12345, 12345, 12345); os.setresuid(12345, 12345, 12345)\n\
    prctl = ctypes.CDLL(None).prctl\n\
    assert prctl(38, 1, 0, 0, 0) == 0\n\
    prctl(65, 1, 0, 0, 0)\n\
    os.execv(sys.argv[1], sys.argv[1:])";

#[test]
fn everything_holds_without_rights_too() {
    if !rustix::process::geteuid().is_root() {
        // It was without rights all along.
        return;
    }
    // A checkout may lie where nobody else may look.
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let copy = |file: &Path, name: &str| {
        let to = folder.path().join(name);
        std::fs::copy(file, &to).unwrap();
        to
    };
    let own = copy(&std::env::current_exe().unwrap(), "tests");
    let helper = copy(Path::new(env!("CARGO_BIN_EXE_sandbox-child")), "child");
    let output = std::process::Command::new("/usr/bin/python3")
        .args(["-c", AS_A_UNIT])
        .arg(own)
        .env(HELPER, helper)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("sec_194_ways_out_of_python_lead_nowhere ... ok"),
        "{said}"
    );
}

#[tokio::test]
async fn machine_without_an_interpreter_says_so() {
    let without = SandboxSettings {
        python: Some(PathBuf::from("/nonexistent/python3")),
        ..settings()
    };
    let program = Program {
        language: Language::Python,
        code: "print(1)",
        network: false,
    };
    let error = Sandbox::new(without)
        .unwrap()
        .run(program)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no interpreter for python3 that works here: none was found"
    );
    // A helper that does not confine itself runs nothing.
    let other = SandboxSettings {
        helper: PathBuf::from("/bin/cat"),
        ..settings()
    };
    let error = Sandbox::new(other).unwrap().run(program).await.unwrap_err();
    assert!(
        matches!(error, SandboxError::NoInterpreter { .. }),
        "{error}"
    );
}
