//! `cargo xtask test --long`: what takes longer than a check of every change may, or needs a program that is not ours. A check
//! whose program is not given is said to be not run; it never counts as passed.

/// One check.
pub(crate) struct Check {
    /// Its file below `tests/it/long/`.
    pub(crate) name: &'static str,
    /// The variable that names what it needs.
    pub(crate) variable: &'static str,
    /// What to put there.
    pub(crate) give: &'static str,
}

/// All of them; a test holds that each has its file and each file its row.
pub(crate) const CHECKS: [Check; 7] = [
    Check {
        name: "rolled_builds",
        variable: "GATEWRIGHT_PREVIOUS_BINARY",
        give: "the file of an api-server of an earlier release",
    },
    Check {
        name: "command_line",
        variable: "GATEWRIGHT_DIFYCTL",
        give: "the files of real difyctl programs, separated by commas: one of each generation",
    },
    Check {
        name: "buckets",
        variable: "GATEWRIGHT_BUCKETS",
        give: "files of settings (STORAGE_TYPE=azure-blob, …), separated by commas: one for each bucket of a real server",
    },
    Check {
        name: "typescript_client",
        variable: "GATEWRIGHT_DIFY_NODEJS_CLIENT",
        give: "the folder sdks/nodejs-client of Dify's repository",
    },
    Check {
        name: "php_client",
        variable: "GATEWRIGHT_DIFY_PHP_CLIENT",
        give: "the folder sdks/php-client of Dify's repository, what it needs below its vendor/ (composer install), and have php",
    },
    Check {
        name: "difyctl_suites",
        variable: "GATEWRIGHT_DIFYCTL_SOURCE",
        give: "folders of difyctl's source (the one with package.json), its dependencies installed, separated by commas; \
               Node.js and bun on the PATH",
    },
    Check {
        name: "stock_console",
        variable: "GATEWRIGHT_STOCK_CONSOLE",
        give: "the folder of a built stock web console, the one with its server.js; nginx, Node.js and Chromium are needed",
    },
];

/// Tests of packages that are only quick enough when they are optimised; they need no program, and are marked `#[ignore]`.
pub(crate) const OPTIMISED: [&str; 1] = ["gatewright-engine"];

/// The filter of those that can run, and a line for each that cannot.
pub(crate) fn plan(is_given: impl Fn(&str) -> bool) -> (Option<String>, Vec<String>) {
    let (can, cannot): (Vec<&Check>, Vec<&Check>) =
        CHECKS.iter().partition(|check| is_given(check.variable));
    let names: Vec<&str> = can.iter().map(|check| check.name).collect();
    let filter = (!names.is_empty()).then(|| format!("test(/^long::({})::/)", names.join("|")));
    let missing = cannot.iter().map(|check| {
        format!(
            "not run: {}; set {} to {}",
            check.name, check.variable, check.give
        )
    });
    (filter, missing.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_without_its_program_is_said_to_be_not_run_and_the_others_are_filtered_for() {
        let (filter, missing) = plan(|variable| variable == "GATEWRIGHT_DIFYCTL");
        assert_eq!(filter.as_deref(), Some("test(/^long::(command_line)::/)"));
        assert_eq!(missing.len(), CHECKS.len() - 1);
        assert!(
            missing[0].starts_with("not run: rolled_builds; set GATEWRIGHT_PREVIOUS_BINARY to ")
        );
        assert_eq!(plan(|_| false).0, None);
    }

    #[test]
    fn each_check_has_its_file_and_each_file_its_row() {
        let folder = crate::root().join("tests/it/long");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        let mut rows = CHECKS.map(|check| check.name.to_owned());
        rows.sort();
        assert_eq!(files, rows);
    }
}
