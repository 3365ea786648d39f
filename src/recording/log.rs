//! A log in a recording: whole, or its newest part where it has a bound.

use std::{io, path::PathBuf};

use tokio::{
    fs::{self, File},
    io::AsyncWriteExt,
};

/// A log that is being written. What a bound leaves of it begins with a whole line.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    /// Bytes in the file.
    bytes: u64,
    /// The most bytes of the file, and of the one before it.
    half: u64,
    /// There is a file before it.
    follows: bool,
    cut: bool,
}

impl LogFile {
    /// An empty one, of which at most about `most` bytes are kept.
    pub(super) async fn create(path: PathBuf, most: u64) -> io::Result<Self> {
        let file = File::create(&path).await?;
        Ok(Self { path, file, bytes: 0, half: most / 2, follows: false, cut: false })
    }

    /// Whether its beginning was given up.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let full = self.bytes.saturating_add(bytes.len() as u64) > self.half;
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n').filter(|_| full) else {
            return self.append(bytes).await;
        };
        let (line, rest) = bytes.split_at(end + 1);
        self.append(line).await?;
        self.file.flush().await?;
        fs::rename(&self.path, self.before()).await?;
        (self.cut, self.follows) = (self.follows, true);
        (self.file, self.bytes) = (File::create(&self.path).await?, 0);
        self.append(rest).await
    }

    async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// Makes one file of it.
    pub(super) async fn close(mut self) -> io::Result<()> {
        self.file.flush().await?;
        if !self.follows {
            return Ok(());
        }
        let mut whole = File::options().append(true).open(self.before()).await?;
        tokio::io::copy(&mut File::open(&self.path).await?, &mut whole).await?;
        whole.flush().await?;
        fs::rename(self.before(), &self.path).await
    }

    fn before(&self) -> PathBuf {
        self.path.with_extension("before")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_lines_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs.txt");
        let all = (0..1000).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
        for (most, piece, cut) in
            [(u64::MAX, 7, false), (16 << 10, 100, false), (1000, 7, true), (1000, 100, true), (10, 3, true)]
        {
            let mut log = LogFile::create(path.clone(), most).await.unwrap();
            for piece in all.as_bytes().chunks(piece) {
                log.write(piece).await.unwrap();
            }
            assert_eq!(log.is_cut(), cut, "{most} {piece}");
            log.close().await.unwrap();
            let kept = fs::read_to_string(&path).await.unwrap();
            assert!(all.ends_with(&kept) && kept.starts_with("line ") && kept.ends_with("line 999\n"), "{kept}");
            assert!(kept.len() as u64 <= most.saturating_add(2 * piece as u64 + 20), "{} of {most}", kept.len());
            assert!(cut || kept == all);
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }
}
