//! The migrations are embedded: building again when one is added is not something cargo sees itself.
//! What each of them is stands in its first line; a migration that does not say so does not build.

use std::{fs, path::Path};

const FOLDER: &str = "../../migrations";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed={FOLDER}");
    let mut kinds = vec![];
    for entry in fs::read_dir(FOLDER)? {
        let folder = entry?.path();
        if folder.is_dir() {
            kinds.push(kind(&folder)?);
        }
    }
    kinds.sort();
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names no folder")?;
    let table = format!("[\n{}]\n", kinds.concat());
    Ok(fs::write(Path::new(&out).join("kinds.rs"), table)?)
}

/// A row of the table: the version as the database knows it, and the kind.
fn kind(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let name = folder.file_name().ok_or("no name")?.to_string_lossy();
    let version = name.split('_').next().unwrap_or_default().replace('-', "");
    let up = folder.join("up.sql");
    // Editing a file changes no time of the folder.
    println!("cargo:rerun-if-changed={}", up.display());
    let text = fs::read_to_string(&up)?;
    let variant = match text.lines().next() {
        Some("-- expand") => "Expand",
        Some("-- contract") => "Contract",
        _ => {
            return Err(format!(
                "migrations/{name}/up.sql: its first line must be `-- expand` (the release before can still work with the schema) \
                 or `-- contract` (it cannot); see migrations/README.md"
            )
            .into());
        }
    };
    Ok(format!("    (\"{version}\", Kind::{variant}),\n"))
}
