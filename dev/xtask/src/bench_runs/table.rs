//! The table, for people and as JSON.

use serde_json::{Value, json};

use super::{
    rows::{Beside, Figures, Measured},
    streams::Open,
};

/// Everything that was measured.
pub(super) struct Table {
    idle_mib: f64,
    pub(super) rows: Vec<Measured>,
    pub(super) beside: Option<Beside>,
    pub(super) open: Option<Open>,
    /// What could not be measured, and why.
    pub(super) missing: Vec<(&'static str, String)>,
}

impl Table {
    pub(super) fn new(idle_mib: f64) -> Self {
        Self {
            idle_mib,
            rows: vec![],
            beside: None,
            open: None,
            missing: vec![],
        }
    }

    /// One line for each row and number of clients.
    pub(super) fn print(&self) {
        println!(
            "{:<28}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}   target",
            "", "clients", "runs/s", "p50", "p99", "first", "server", "postgres", "redis", "CPU"
        );
        for row in &self.rows {
            for figures in [&row.alone, &row.busy] {
                let target = row.targets(figures).join(", ");
                println!(
                    "{:<28}{:>8}{:>9.0}{:>9.2}{:>9.2}{:>9}{:>9.2}{:>9.2}{:>9.2}{:>9.2}   {target}",
                    row.name,
                    figures.clients,
                    figures.per_second,
                    figures.p50,
                    figures.p99,
                    figures
                        .first_p50
                        .map_or_else(String::new, |first| format!("{first:.2}")),
                    figures.cpu.server,
                    figures.cpu.postgres,
                    figures.cpu.redis,
                    figures.spent(),
                );
            }
        }
        println!("times and processor time per run in ms; CPU: server and PostgreSQL");
        let closing = self.rows.iter().filter_map(|row| row.alone.closing_p99);
        if let Some(closing) = closing.reduce(f64::max) {
            println!(
                "streams end at most {closing:.2} ms behind their last event (p99)   target: with it"
            );
        }
        if let Some(beside) = &self.beside {
            println!(
                "first event beside {} open streams at {:.0} runs/s: p50 {:.2} ms, p99 {:.2} ms   target: p50 at most 50 ms",
                beside.streams, beside.per_second, beside.first_p50, beside.first_p99
            );
        }
        if let Some(open) = &self.open {
            println!(
                "{} streams on paused runs: {:.1} MiB resident ({:.1} MiB before), p99 of _health {:.2} ms   target: 5000 in at most 256 MiB",
                open.count, open.resident_mib, open.idle_mib, open.health_p99_ms
            );
        }
        println!(
            "resident idle: {:.1} MiB   target: at most 40 MiB",
            self.idle_mib
        );
        for (name, why) in &self.missing {
            println!("not measured: {name}: {why}");
        }
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "unit": "ms",
            "idle_mib": self.idle_mib,
            "rows": self.rows.iter().map(Measured::json).collect::<Vec<_>>(),
            "beside_open_streams": self.beside.map(|beside| json!({
                "streams": beside.streams, "per_second": beside.per_second,
                "first_p50": beside.first_p50, "first_p99": beside.first_p99,
            })),
            "paused_streams": self.open.map(|open| json!({
                "streams": open.count, "resident_mib": open.resident_mib,
                "idle_mib": open.idle_mib, "health_p99": open.health_p99_ms,
            })),
            "missing": self.missing.iter().map(|(name, why)| json!({"name": name, "why": why})).collect::<Vec<_>>(),
        })
    }
}

impl Measured {
    /// What is asked of these figures, each with whether it is reached.
    fn targets(&self, figures: &Figures) -> Vec<String> {
        let is_alone = figures.clients == self.alone.clients;
        let at_most = |what: &str, is: Option<f64>, most: Option<f64>| {
            let (is, most) = (is?, most?);
            Some(format!("{what} ≤ {most} {}", verdict(is <= most)))
        };
        let (target, none) = (&self.target, None);
        let found = if is_alone {
            [
                at_most("p50", Some(figures.p50), target.alone),
                at_most("first", figures.first_p50, target.first),
                none,
            ]
        } else {
            let per_second = target.per_second.map(|least| {
                let reached = verdict(figures.per_second >= least);
                format!("runs/s ≥ {least} {reached}")
            });
            [
                at_most("CPU", Some(figures.spent()), Some(target.busy_cpu)),
                at_most("p99", Some(figures.p99), target.busy_p99),
                per_second,
            ]
        };
        found.into_iter().flatten().collect()
    }

    fn json(&self) -> Value {
        let target = &self.target;
        json!({
            "name": self.name,
            "alone": self.alone.json(),
            "busy": self.busy.json(),
            "target": {
                "busy_cpu": target.busy_cpu, "alone": target.alone, "first": target.first,
                "busy_p99": target.busy_p99, "per_second": target.per_second,
            },
        })
    }
}

impl Figures {
    /// Processor time of server and PostgreSQL, which targets are about.
    fn spent(&self) -> f64 {
        self.cpu.server + self.cpu.postgres
    }

    fn json(&self) -> Value {
        json!({
            "clients": self.clients, "per_second": self.per_second, "p50": self.p50, "p99": self.p99,
            "first_p50": self.first_p50, "closing_p99": self.closing_p99, "cpu_server": self.cpu.server,
            "cpu_postgres": self.cpu.postgres, "cpu_redis": self.cpu.redis,
        })
    }
}

fn verdict(is_reached: bool) -> &'static str {
    if is_reached { "✓" } else { "✗" }
}
