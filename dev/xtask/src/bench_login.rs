//! Password logins, and what a storm of them does to everybody else: bearer calls at a steady pace,
//! first alone, then beside so many people who sign in at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use gatewright_auth::password;
use gatewright_outbound::Outbound;
use http::{Request, header};
use serde_json::json;

use crate::bench_times::percentile;

/// Logins in flight at any time.
pub(crate) const STORM: u32 = 200;
/// Callers with a bearer, each of which waits between its calls.
const CALLERS: u32 = 16;
const PAUSE: Duration = Duration::from_millis(10);
pub(crate) const PASSWORD: &str = "Bench-passw0rd";

/// What came of it.
pub(crate) struct Storm {
    calm_p99_ms: f64,
    beside_p99_ms: f64,
    calls: usize,
    logins: usize,
    seconds: f64,
    peak_mib: f64,
}

impl Storm {
    /// Prints it, with the processor time that the server used meanwhile.
    pub(crate) fn report(&self, cpu_ms: f64) -> anyhow::Result<()> {
        let logins = f64::from(u32::try_from(self.logins)?);
        println!(
            "logins/s {:.0}, CPU per login {:.1} ms (bearer calls included), at most {:.1} MiB resident",
            logins / self.seconds,
            cpu_ms / logins,
            self.peak_mib
        );
        println!(
            "p99 of bearer calls: {:.2} ms alone, {:.2} ms beside the storm: {:.1} times   target: at most 2 ({} calls, no failure)",
            self.calm_p99_ms,
            self.beside_p99_ms,
            self.beside_p99_ms / self.calm_p99_ms,
            self.calls
        );
        Ok(())
    }
}

/// The address of one of the accounts.
pub(crate) fn email(n: u32) -> String {
    format!("bench{n}@example.com")
}

/// Measures. `resident` says how much memory the server holds.
pub(crate) async fn run(
    base: &str,
    bearer: &str,
    seconds: u32,
    resident: impl Fn() -> anyhow::Result<f64>,
) -> anyhow::Result<Storm> {
    let span = Duration::from_secs(u64::from(seconds));
    let calm = call(base, bearer, span).await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let people: Vec<_> = (0..STORM)
        .map(|n| tokio::spawn(log_in_again(base.to_owned(), n, Arc::clone(&is_over))))
        .collect();
    let (beside, peak) = tokio::join!(call(base, bearer, span), peak(span, &resident));
    is_over.store(true, Ordering::Relaxed);
    let mut logins = 0;
    for person in people {
        logins += person.await??;
    }
    let beside = beside?;
    Ok(Storm {
        calm_p99_ms: percentile(&calm, 99).context("no call")?,
        beside_p99_ms: percentile(&beside, 99).context("no call")?,
        calls: beside.len(),
        logins,
        seconds: began.elapsed().as_secs_f64(),
        peak_mib: peak?,
    })
}

async fn peak(span: Duration, resident: &impl Fn() -> anyhow::Result<f64>) -> anyhow::Result<f64> {
    let end = Instant::now() + span;
    let mut most = 0.0_f64;
    while Instant::now() < end {
        most = most.max(resident()?);
        tokio::time::sleep(PAUSE * 10).await;
    }
    Ok(most)
}

/// On a thread of its own: what is measured is the server, not how busy the people who sign in keep
/// this program.
async fn call(base: &str, bearer: &str, span: Duration) -> anyhow::Result<Vec<f64>> {
    let (base, bearer) = (base.to_owned(), bearer.to_owned());
    let calling = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(call_here(&base, &bearer, span))
    });
    calling.await?
}

async fn call_here(base: &str, bearer: &str, span: Duration) -> anyhow::Result<Vec<f64>> {
    let client = Outbound::new(Duration::from_secs(10))?;
    let end = Instant::now() + span;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (client, base, bearer) = (client.clone(), base.to_owned(), bearer.to_owned());
            tokio::spawn(async move {
                let mut times = vec![];
                while Instant::now() < end {
                    let request = Request::get(format!("{base}/openapi/v1/account"))
                        .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
                        .body(vec![])?;
                    let began = Instant::now();
                    let answer = client.send(request).await?;
                    times.push(began.elapsed().as_secs_f64() * 1000.0);
                    if answer.status() != 200 {
                        bail!("a bearer call was answered {}", answer.status());
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = vec![];
    for caller in callers {
        times.extend(caller.await??);
    }
    Ok(times)
}

async fn log_in_again(base: String, n: u32, is_over: Arc<AtomicBool>) -> anyhow::Result<usize> {
    let client = Outbound::new(Duration::from_secs(30))?;
    let mut done = 0;
    while !is_over.load(Ordering::Relaxed) {
        let body = json!({"email": email(n), "password": base64(PASSWORD)});
        let request = Request::post(format!("{base}/console/api/login"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string().into_bytes())?;
        let answer = client.send(request).await?;
        if answer.status() != 200 {
            let said = String::from_utf8_lossy(answer.body()).into_owned();
            bail!("a login was answered {}: {said}", answer.status());
        }
        done += 1;
    }
    Ok(done)
}

fn base64(text: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}

/// The accounts, with one hash for all of them.
pub(crate) fn accounts_sql() -> anyhow::Result<String> {
    let hash = password::hash(PASSWORD, &[7; 16], &mut password::Memory::default()).ok();
    let hash = hash.context("no memory for a hash")?;
    Ok(format!(
        "INSERT INTO dify_setups (version) VALUES ('1.14.2'); \
         WITH a AS (INSERT INTO accounts (name, email, password) \
           SELECT 'Bench ' || n, 'bench' || n || '@example.com', '{hash}' FROM generate_series(0, {STORM}) n RETURNING id) \
         INSERT INTO tenant_account_joins (tenant_id, account_id, role, current) \
           SELECT '00000000-0000-7000-8000-000000000002', id, 'admin', true FROM a;"
    ))
}
