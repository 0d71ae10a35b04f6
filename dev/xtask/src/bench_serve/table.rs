//! The table, for people and as JSON.

use serde_json::{Value, json};

use super::{
    rows::{Figures, Measured},
    streams::Streams,
};

/// Most that a token may cost the server, in microseconds.
const TOKEN_US: f64 = 15.0;
/// Most between two tokens of a stream, for 99 of 100, in milliseconds.
const GAP_MS: f64 = 100.0;

/// Everything that was measured.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Measured>,
    pub(super) streams: Option<Streams>,
    /// What could not be measured, and why.
    pub(super) missing: Vec<(&'static str, String)>,
}

impl Table {
    /// One line for each row and number of clients.
    pub(super) fn print(&self) {
        println!(
            "{:<20}{:>8}{:>12}{:>9}{:>9}{:>9}{:>9}{:>9}   target",
            "", "clients", "requests/s", "p50", "p99", "server", "postgres", "redis"
        );
        for row in &self.rows {
            for figures in [&row.alone, &row.busy] {
                println!(
                    "{:<20}{:>8}{:>12.0}{:>9.2}{:>9.2}{:>9.3}{:>9.3}{:>9.3}   {}",
                    row.name,
                    figures.clients,
                    figures.per_second,
                    figures.p50,
                    figures.p99,
                    figures.cpu.server,
                    figures.cpu.postgres,
                    figures.cpu.redis,
                    row.verdict(figures),
                );
            }
        }
        println!("times and processor time per request in ms");
        if let Some(streams) = &self.streams {
            streams.print();
        }
        for (name, why) in &self.missing {
            println!("not measured: {name}: {why}");
        }
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({"name": row.name, "target_server": row.target, "alone": row.alone.json(), "busy": row.busy.json()})
        });
        let missing = self.missing.iter();
        let missing = missing.map(|(name, why)| json!({"name": name, "why": why}));
        json!({
            "unit": "ms",
            "rows": rows.collect::<Vec<_>>(),
            "streams": self.streams.as_ref().map(Streams::json),
            "missing": missing.collect::<Vec<_>>(),
        })
    }
}

impl Measured {
    fn verdict(&self, figures: &Figures) -> String {
        let of_many = self.target.filter(|_| figures.clients == self.busy.clients);
        of_many.map_or_else(String::new, |most| {
            format!("server ≤ {most} {}", tick(figures.cpu.server <= most))
        })
    }
}

impl Figures {
    fn json(&self) -> Value {
        json!({
            "clients": self.clients, "per_second": self.per_second, "p50": self.p50, "p99": self.p99,
            "cpu_server": self.cpu.server, "cpu_postgres": self.cpu.postgres, "cpu_redis": self.cpu.redis,
        })
    }
}

impl Streams {
    fn token_us(&self) -> f64 {
        1000.0 * self.cpu.server
    }

    fn print(&self) {
        let per_second = f64::from(u32::try_from(self.tokens).unwrap_or(u32::MAX)) / self.seconds;
        println!(
            "{} answers that stream at once, {:.0} s: {per_second:.0} tokens/s",
            self.count, self.seconds
        );
        println!(
            "  a token costs the server {:.1} µs, PostgreSQL {:.1} µs, Redis {:.1} µs   target: server ≤ {TOKEN_US} {}",
            self.token_us(),
            1000.0 * self.cpu.postgres,
            1000.0 * self.cpu.redis,
            tick(self.token_us() <= TOKEN_US)
        );
        println!(
            "  between two tokens of a stream: p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms   target: p99 ≤ {GAP_MS} {}",
            self.gap_p50,
            self.gap_p99,
            self.gap_max,
            tick(self.gap_p99 <= GAP_MS)
        );
        println!(
            "  tokens lost: {}   target: none {}",
            self.lost,
            tick(self.lost == 0)
        );
        println!(
            "  the server holds {:.1} MiB ({:.1} MiB before)",
            self.resident_mib, self.idle_mib
        );
    }

    fn json(&self) -> Value {
        json!({
            "count": self.count, "seconds": self.seconds, "tokens": self.tokens, "lost": self.lost,
            "cpu_server_us": self.token_us(), "cpu_postgres_us": 1000.0 * self.cpu.postgres, "cpu_redis_us": 1000.0 * self.cpu.redis,
            "resident_mib": self.resident_mib, "before_mib": self.idle_mib,
            "gap_p50": self.gap_p50, "gap_p99": self.gap_p99, "gap_max": self.gap_max,
        })
    }
}

fn tick(is_reached: bool) -> &'static str {
    if is_reached { "✓" } else { "✗" }
}
