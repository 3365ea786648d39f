//! Where the rig keeps what is dear to make, outside the checkout: `${XDG_CACHE_HOME:-~/.cache}/stagewatch`.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// The folder `name` of the cache; it is created, for our eyes only.
pub fn folder(name: &str) -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let base = base
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set")?;
    let folder = base.join("stagewatch").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// Holds others off while something in `folder` is made; the second to come finds it made.
pub fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        crate::say::say(format!("waiting for another run that prepares {}", folder.display()));
        file.lock()?;
    }
    Ok(file)
}

/// A short name for what was made from exactly this recipe.
pub fn key(recipe: &str) -> String {
    let digest = Sha256::digest(recipe.as_bytes());
    digest.iter().take(6).fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
