//! `cargo xtask bench`: the release binary under wrk on this machine, the figures beside the targets.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use gatewright_auth::digest::sha256_hex;
use gatewright_engines::Durability;

use crate::{
    bench_audit, bench_login, bench_pages,
    bench_process::{Stat, resident_mib},
    bench_runs, bench_serve, bench_sso,
    bench_wrk::{Figures, lua, require_wrk, wrk},
    root,
    services::Services,
    target,
};

/// How to measure.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    part: Option<Part>,
    /// Seconds per measurement.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u32,
    /// Connections that wrk keeps open.
    #[arg(long, default_value_t = 32)]
    pub(crate) connections: u32,
    /// Only the storm of password logins.
    #[arg(long)]
    only_logins: bool,
    /// Measure this api-server instead of building one: a released one beside today's, for example.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Runs of apps: what they cost, the figures beside the targets.
    Runs(bench_runs::Options),
    /// The routes that applications are served by, and a thousand answers that stream at once.
    Serve(bench_serve::Options),
}

/// Different bearers, as the issue asks for.
const TOKENS: usize = 200;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    match &options.part {
        Some(Part::Runs(options)) => return bench_runs::run(options),
        Some(Part::Serve(options)) => return bench_serve::run(options),
        None => {}
    }
    require_wrk()?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => build()?,
    };
    println!("==> starting PostgreSQL and Redis");
    let services = Services::start_empty(Durability::Throwaway)?;
    migrate(api_server(&binary, &services, 0, "http://127.0.0.1:1"))?;
    let tokens = arrange(&services)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let enterprise = runtime.block_on(bench_sso::enterprise())?;
    let port = free_port()?;
    let started = Instant::now();
    let mut server = api_server(&binary, &services, port, &enterprise)
        .arg("serve")
        .spawn()?;
    if options.only_logins {
        wait_ready(port)?;
        let outcome = measure_logins(options, &runtime, &server, (port, &tokens[0]));
        server.kill()?;
        server.wait()?;
        return outcome;
    }
    let outcome = measure(options, &server, port, started, &tokens)
        .and_then(|()| measure_logins(options, &runtime, &server, (port, &tokens[0])))
        .and_then(|()| measure_sso(options, &runtime, &server, port))
        .and_then(|()| bench_pages::run(port));
    server.kill()?;
    server.wait()?;
    outcome?;
    bench_audit::measure(&mut api_server(&binary, &services, port, &enterprise))?;
    measure_envelopes()
}

pub(crate) fn build() -> anyhow::Result<PathBuf> {
    println!("==> building the release binary (once; some minutes)");
    crate::run(crate::cargo().args(["build", "--release", "--quiet", "--bin", "api-server"]))?;
    Ok(target().join("release/api-server"))
}

/// By the measured binary itself, whose schema it must be.
pub(crate) fn migrate(mut binary: Command) -> anyhow::Result<()> {
    let status = binary.arg("migrate").status();
    let name = binary.get_program().display().to_string();
    let status = status.with_context(|| format!("cannot run {name}"))?;
    anyhow::ensure!(status.success(), "{name} cannot migrate");
    Ok(())
}

/// A port that nobody listens at now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Password logins beside bearer calls.
fn measure_logins(
    options: &Options,
    runtime: &tokio::runtime::Runtime,
    server: &Child,
    (port, token): (u16, &str),
) -> anyhow::Result<()> {
    println!(
        "==> {} s of bearer calls at a steady pace, then {} s beside {} people who sign in at once",
        options.seconds,
        options.seconds,
        bench_login::STORM
    );
    let (base, pid) = (format!("http://127.0.0.1:{port}"), server.id());
    let before = Stat::of(pid)?.own_ms;
    let measured = bench_login::run(&base, token, options.seconds, || resident_mib(pid));
    let storm = runtime.block_on(measured)?;
    storm.report(Stat::of(pid)?.own_ms - before)
}

/// Whole logins; the server has one of the two cores, whoever logs in has the other.
fn measure_sso(
    options: &Options,
    runtime: &tokio::runtime::Runtime,
    server: &Child,
    port: u16,
) -> anyhow::Result<()> {
    println!(
        "==> {} s of SSO logins, seven requests each",
        options.seconds
    );
    let before = Stat::of(server.id())?.own_ms;
    let base = format!("http://127.0.0.1:{port}");
    let logins = runtime.block_on(bench_sso::run(&base, SECRET, options.seconds))?;
    let cpu = (Stat::of(server.id())?.own_ms - before) / f64::from(logins.count);
    println!(
        "SSO logins/s {:.0}, p99 {:.1} ms, CPU per login {cpu:.2} ms ({} logins, no failure)",
        logins.per_second, logins.p99_ms, logins.count
    );
    Ok(())
}

/// On one core, optimised.
fn measure_envelopes() -> anyhow::Result<()> {
    println!("==> envelopes on one core (building once)");
    let output = crate::cargo()
        .args([
            "run",
            "--release",
            "--quiet",
            "-p",
            "gatewright-auth",
            "--example",
            "measure_envelopes",
        ])
        .current_dir(root())
        .output()?;
    println!("{:<20}{:>12}{:>14}   target", "", "signed/s", "verified/s");
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let [name, signed, verified] = line.split(' ').collect::<Vec<_>>()[..] else {
            bail!("an odd line: {line}");
        };
        println!("{name:<20}{signed:>12}{verified:>14}   at least 250000 verified/s");
    }
    Ok(())
}

const SECRET: &str = "a-secret-key-for-the-benchmark-0123456789";

fn measure(
    options: &Options,
    server: &Child,
    port: u16,
    started: Instant,
    tokens: &[String],
) -> anyhow::Result<()> {
    wait_ready(port)?;
    let ready = started.elapsed().as_secs_f64();
    let idle = resident_mib(server.id())?;
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("bearers.lua");
    fs::File::create(&script)?.write_all(lua(tokens).as_bytes())?;
    println!("==> wrk: {} s of GET /openapi/v1/_health", options.seconds);
    let health = wrk(
        options,
        server.id(),
        &format!("http://127.0.0.1:{port}/openapi/v1/_health"),
        None,
    )?;
    println!(
        "==> wrk: {} s of GET /openapi/v1/account with {TOKENS} bearers",
        options.seconds
    );
    let script = script.display().to_string();
    let bearer = wrk(
        options,
        server.id(),
        &format!("http://127.0.0.1:{port}/openapi/v1/account"),
        Some(&script),
    )?;
    println!(
        "==> wrk: {} s of GET /openapi/v1/account/sessions (PostgreSQL every time)",
        options.seconds
    );
    let uncached = wrk(
        options,
        server.id(),
        &format!("http://127.0.0.1:{port}/openapi/v1/account/sessions?limit=1"),
        Some(&script),
    )?;
    report((ready, idle), &health, &bearer, &uncached);
    Ok(())
}

fn report((ready, idle): (f64, f64), health: &Figures, bearer: &Figures, uncached: &Figures) {
    let row = |what: &str, cells: [String; 3], target: &str| {
        let [health, bearer, uncached] = cells;
        println!("{what:<20} {health:>17} {bearer:>17} {uncached:>17}   {target}");
    };
    let all = |show: &dyn Fn(&Figures) -> String| [show(health), show(bearer), show(uncached)];
    let first = |text: String| [text, String::new(), String::new()];
    let share = |figures: &Figures| {
        format!(
            "{:.0} %",
            100.0 * figures.requests_per_second / health.requests_per_second
        )
    };
    println!();
    row(
        "",
        ["_health", "account", "sessions"].map(str::to_owned),
        "target (for account)",
    );
    row(
        "requests/s",
        all(&|f| format!("{:.0}", f.requests_per_second)),
        "",
    );
    row("share of _health", all(&share), "at least 50 %");
    row("p50 / p99", all(&|f| format!("{} / {}", f.p50, f.p99)), "");
    row(
        "CPU per request",
        all(&|f| format!("{:.3} ms", f.cpu_ms_per_request)),
        "at most 0.10 ms",
    );
    row(
        "resident under load",
        all(&|f| format!("{:.1} MiB", f.resident_mib)),
        "at most 80 MiB",
    );
    row(
        "resident idle",
        first(format!("{idle:.1} MiB")),
        "at most 40 MiB",
    );
    row(
        "ready after start",
        first(format!("{ready:.2} s")),
        "at most 0.5 s",
    );
}

/// An account with a workspace and its tokens, past the API: the limits would take hours.
pub(crate) fn arrange(services: &Services) -> anyhow::Result<Vec<String>> {
    let tokens: Vec<String> = (0..TOKENS)
        .map(|n| format!("dfoa_{}{n:04}", "b".repeat(39)))
        .collect();
    let mut sql = String::from(
        "INSERT INTO accounts (id, name, email) VALUES ('00000000-0000-7000-8000-000000000001', 'Bench', 'bench@example.com');\
         INSERT INTO tenants (id, name) VALUES ('00000000-0000-7000-8000-000000000002', 'Bench');\
         INSERT INTO tenant_account_joins (tenant_id, account_id, role, current) VALUES \
         ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'owner', true);",
    );
    sql.push_str(&bench_login::accounts_sql()?);
    for (n, token) in tokens.iter().enumerate() {
        sql.push_str(&format!(
            "INSERT INTO oauth_access_tokens (subject_email, subject_issuer, account_id, client_id, device_label, prefix, token_hash, expires_at) \
             VALUES ('bench@example.com', 'dify:account', '00000000-0000-7000-8000-000000000001', 'bench', 'bench {n}', 'dfoa_', '{}', now() + interval '1 day');",
            sha256_hex(token)
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let [(_, url), _] = services.variables();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(&sql).await
    })?;
    Ok(tokens)
}

pub(crate) fn api_server(
    binary: &Path,
    services: &Services,
    port: u16,
    enterprise: &str,
) -> Command {
    let [(_, database), (_, redis)] = services.variables();
    let mut command = Command::new(binary);
    command
        .env("SECRET_KEY", SECRET)
        .env("ENTERPRISE_API_URL", enterprise)
        .env("ENTERPRISE_API_SECRET_KEY", "x")
        .env("GATEWRIGHT_LIMIT_DEVICE_CODE", "100000000/1h")
        .env("GATEWRIGHT_LIMIT_DEVICE_LOOKUP", "100000000/1h")
        .env("GATEWRIGHT_LIMIT_SSO_INITIATE", "100000000/1h")
        .env("GATEWRIGHT_LIMIT_SSO_COMPLETE", "100000000/1h")
        .env("GATEWRIGHT_LIMIT_LOGIN", "100000000/1h")
        .env("DATABASE_URL", database)
        .env("REDIS_URL", redis)
        .env("CONSOLE_API_URL", format!("http://127.0.0.1:{port}"))
        .env("DIFY_BIND_ADDRESS", "127.0.0.1")
        .env("DIFY_PORT", port.to_string())
        // On, but set high: every request is counted.
        .env("OPENAPI_RATE_LIMIT_PER_TOKEN", "10000000")
        .env("GATEWRIGHT_LIMIT_IDENTITY", "100000000/1m")
        .stdout(Stdio::null());
    command
}

pub(crate) fn wait_ready(port: u16) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            if answer.starts_with("HTTP/1.1 200") {
                return Ok(());
            }
        }
        std::hint::spin_loop();
    }
    bail!("the server did not become ready")
}
