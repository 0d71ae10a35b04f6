//! The pages: bytes, and the time to the first one, each on a connection of its own as a browser's
//! first request is.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use crate::bench_login;

const ROUNDS: usize = 300;
const PAGES: [&str; 10] = [
    "/signin",
    "/forgot-password",
    "/device",
    "/account",
    "/account/profile",
    "/workspace",
    "/workspace/audit",
    "/reference",
    "/reference/device_code",
    "/pages.css",
];

struct Answer {
    first_byte: Duration,
    text: String,
}

/// Fetches each page often, as somebody who is signed in, and prints what it took.
pub(crate) fn run(port: u16) -> anyhow::Result<()> {
    println!("==> {ROUNDS} times each page");
    let cookies = sign_in(port)?;
    println!(
        "{:<26}{:>10}{:>14}{:>14}   target: first byte at most 10 ms, at most 50 KB",
        "", "bytes", "first (p50)", "first (p99)"
    );
    for path in PAGES {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"
        );
        let mut times = vec![];
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let answer = send(port, &request)?;
            ensure!(
                answer.text.starts_with("HTTP/1.1 200"),
                "{path}: {}",
                answer.text
            );
            bytes = answer.text.len();
            times.push(answer.first_byte);
        }
        times.sort();
        let ms = |at: usize| 1000.0 * times[at].as_secs_f64();
        let (p50, p99) = (ms(ROUNDS / 2), ms(ROUNDS * 99 / 100));
        println!("{path:<26}{bytes:>10}{p50:>11.2} ms{p99:>11.2} ms");
    }
    Ok(())
}

/// The cookies of a session, by the form.
fn sign_in(port: u16) -> anyhow::Result<String> {
    let (email, password) = (bench_login::email(0), bench_login::PASSWORD);
    let body = format!("email={email}&password={password}");
    let answer = send(
        port,
        &format!(
            "POST /signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
    )?;
    ensure!(
        answer.text.starts_with("HTTP/1.1 303"),
        "no sign-in: {}",
        answer.text
    );
    let lines = answer
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs: Vec<&str> = lines.filter_map(|line| line.split(';').next()).collect();
    Ok(pairs.join("; "))
}

fn send(port: u16, request: &str) -> anyhow::Result<Answer> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("the server is gone")?;
    stream.write_all(request.as_bytes())?;
    let mut bytes = vec![0];
    stream.read_exact(&mut bytes)?;
    let first_byte = started.elapsed();
    stream.read_to_end(&mut bytes)?;
    Ok(Answer {
        first_byte,
        text: String::from_utf8(bytes)?,
    })
}
