//! Where the shared corpus is.
use std::path::PathBuf;

/// The corpus folder: `SUYUAN_CORPUS`, or `../shared/corpus` beside the workspace. Without it a test says so
/// loudly and is skipped; in CI it fails.
pub fn corpus() -> Option<PathBuf> {
    let folder = match std::env::var_os("SUYUAN_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    };
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "CI requires the corpus; none at {}", folder.display());
    eprintln!("SKIPPED: no corpus at {}; set SUYUAN_CORPUS", folder.display());
    None
}
