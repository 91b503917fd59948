//! Where the shared corpus is.
use std::path::{Path, PathBuf};

/// The corpus folder: `SUYUAN_CORPUS`, or `shared/corpus` beside the workspace. Without it a test says so
/// loudly and is skipped; in CI it fails.
pub fn corpus() -> Option<PathBuf> {
    let folder = match std::env::var_os("SUYUAN_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        // Beside the workspace, however deep the crate lies in it.
        None => {
            let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/corpus"));
            above.clone().find(|folder| folder.is_dir()).or(above.last()).unwrap_or_default()
        }
    };
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "CI requires the corpus; none at {}", folder.display());
    eprintln!("SKIPPED: no corpus at {}; set SUYUAN_CORPUS", folder.display());
    None
}
