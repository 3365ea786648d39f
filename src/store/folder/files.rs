//! The files of a [`super::Folder`], one call at a time.
//!
//! A document is written beside its place, flushed, and moved there: a reader sees the old one or the new one, after a
//! crash too. Whoever writes holds the lock on the file `version`, which also keeps the newest version.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::store::semantics::{Key, Table};
use crate::store::{Kind, StoreError};

/// The largest document, as the API server has it. The biggest job that the schema admits is far smaller.
const MAX_BYTES: u64 = 3 << 20;

/// How long to wait for another process that is writing, which takes it milliseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_RETRY: Duration = Duration::from_millis(2);

/// Longer names would not fit beside their temporary form into the 255 bytes that a file name may have.
const MAX_NAME: usize = 240;

/// What tells one form of a file from another without reading it. Each write makes a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    modified: (i64, i64),
    size: u64,
}

/// What there is, and the documents of what is new in it, oldest version first.
pub(super) struct Look {
    pub stamps: BTreeMap<Key, Stamp>,
    pub changed: Vec<(Key, Result<Value, StoreError>)>,
}

#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    pub fn open(root: PathBuf) -> Result<Self, StoreError> {
        let files = Self { root };
        for kind in [Kind::Job, Kind::Run] {
            make_folder(&files.folder(kind))?;
        }
        Ok(files)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    fn folder(&self, kind: Kind) -> PathBuf {
        self.root.join(match kind {
            Kind::Job => "jobs",
            Kind::Run => "runs",
        })
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder(key.kind).join(&key.namespace).join(format!("{}.json", key.name))
    }

    /// The document, `None` when there is no file, `Undecodable` when it holds no JSON object.
    pub fn read(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        let path = self.path(key);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(&path, &error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&path, &error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(StoreError::Undecodable(format!("{}: larger than {MAX_BYTES} bytes", path.display())));
        }
        match serde_json::from_slice(&bytes) {
            Ok(document @ Value::Object(_)) => Ok(Some(document)),
            Ok(_) => Err(StoreError::Undecodable(format!("{}: not a JSON object", path.display()))),
            Err(error) => Err(StoreError::Undecodable(format!("{}: {error}", path.display()))),
        }
    }

    /// What there is of one kind. Files with other names than we give are not ours.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> Result<BTreeMap<Key, Stamp>, StoreError> {
        let namespaces = match namespace {
            Some(namespace) => vec![namespace.to_owned()],
            None => names(&self.folder(kind))?,
        };
        let mut found = BTreeMap::new();
        for namespace in namespaces {
            let folder = self.folder(kind).join(&namespace);
            for file in names(&folder)? {
                let Some(key) = file.strip_suffix(".json").and_then(|name| Key::new(kind, &namespace, name).ok())
                else {
                    continue;
                };
                let path = self.path(&key);
                match fs::metadata(&path) {
                    Ok(metadata) => {
                        found.insert(
                            key,
                            Stamp {
                                inode: metadata.ino(),
                                modified: (metadata.mtime(), metadata.mtime_nsec()),
                                size: metadata.size(),
                            },
                        );
                    }
                    // Removed since the folder was read.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(failed(&path, &error)),
                }
            }
        }
        Ok(found)
    }

    /// What is different from `before`.
    pub fn look(&self, kind: Kind, before: &BTreeMap<Key, Stamp>) -> Result<Look, StoreError> {
        let mut stamps = self.list(kind, None)?;
        let mut changed = Vec::new();
        let new: Vec<Key> =
            stamps.iter().filter(|(key, at)| before.get(key) != Some(at)).map(|(key, _)| key.clone()).collect();
        for key in new {
            match self.read(&key) {
                Ok(None) => {
                    stamps.remove(&key);
                }
                Ok(Some(document)) => changed.push((key, Ok(document))),
                Err(problem @ StoreError::Undecodable(_)) => changed.push((key, Err(problem))),
                Err(error) => return Err(error),
            }
        }
        changed.sort_by_key(|(_, document)| document.as_ref().map_or(0, version));
        Ok(Look { stamps, changed })
    }

    /// The right to write, alone among all processes and threads, until it is dropped.
    pub fn lock(&self) -> Result<Locked<'_>, StoreError> {
        let path = self.root.join("version");
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| failed(&path, &error))?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Locked { files: self, file, path }),
                Err(TryLockError::WouldBlock) if since.elapsed() < LOCK_PATIENCE => thread::sleep(LOCK_RETRY),
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::Unavailable(format!("{}: locked by another process", path.display())));
                }
                Err(TryLockError::Error(error)) => return Err(failed(&path, &error)),
            }
        }
    }
}

/// The files, for the one who may write.
pub(super) struct Locked<'a> {
    files: &'a Files,
    file: File,
    path: PathBuf,
}

impl Locked<'_> {
    /// The newest version of any document, for the case that the file which keeps it is new or damaged.
    fn newest(&self) -> Result<u64, StoreError> {
        let mut newest = 0;
        for kind in [Kind::Job, Kind::Run] {
            for key in self.files.list(kind, None)?.into_keys() {
                if let Ok(Some(document)) = self.files.read(&key) {
                    newest = newest.max(version(&document));
                }
            }
        }
        Ok(newest)
    }
}

impl Table for Locked<'_> {
    fn read(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        self.files.read(key)
    }

    fn keys(&self, kind: Kind, namespace: &str) -> Result<Vec<Key>, StoreError> {
        Ok(self.files.list(kind, Some(namespace))?.into_keys().collect())
    }

    fn write(&mut self, key: &Key, document: &Value) -> Result<(), StoreError> {
        if key.name.len() > MAX_NAME {
            return Err(StoreError::Invalid(format!(
                "metadata.name: longer than a file's name may be, write at most {MAX_NAME} characters"
            )));
        }
        let mut text = serde_json::to_vec_pretty(document).map_err(|error| StoreError::Invalid(error.to_string()))?;
        text.push(b'\n');
        if text.len() as u64 > MAX_BYTES {
            return Err(StoreError::Invalid(format!("the object is larger than {MAX_BYTES} bytes")));
        }
        let path = self.files.path(key);
        let folder = self.files.folder(key.kind).join(&key.namespace);
        make_folder(&folder)?;
        // No name of an object begins with a dot.
        let temporary = folder.join(format!(".{}.json.new", key.name));
        let moved = write_whole(&temporary, &text).and_then(|()| fs::rename(&temporary, &path));
        moved.and_then(|()| sync_folder(&path)).map_err(|error| failed(&path, &error))
    }

    fn remove(&mut self, key: &Key, _uid: &str) -> Result<(), StoreError> {
        let path = self.files.path(key);
        match fs::remove_file(&path) {
            Ok(()) => sync_folder(&path).map_err(|error| failed(&path, &error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    fn next_version(&mut self) -> Result<u64, StoreError> {
        let mut text = String::new();
        let kept = self.file.seek(SeekFrom::Start(0)).and_then(|_| (&self.file).take(32).read_to_string(&mut text));
        let kept = kept.ok().and_then(|_| text.trim().parse::<u64>().ok());
        let next = kept.map_or_else(|| self.newest(), Ok)? + 1;
        // Always as long: a crash in between leaves the old number or the new one.
        let written =
            self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(format!("{next:020}\n").as_bytes()));
        written.and_then(|()| self.file.sync_data()).map_err(|error| failed(&self.path, &error))?;
        Ok(next)
    }

    fn uid(&self, version: u64) -> String {
        // Of the form of RFC 9562's version 8; a folder that was emptied counts from one again, at another time.
        let seed = format!("{version} {} {}", self.now().as_nanosecond(), self.files.root.display());
        let digest = Sha256::digest(seed.as_bytes());
        let bits = digest.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        let bits = bits & 0xffff_ffff_ffff_0fff_3fff_ffff_ffff_ffff | 0x8000_8000_0000_0000_0000;
        let hex = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

fn version(document: &Value) -> u64 {
    let version = document.pointer("/metadata/resourceVersion").and_then(Value::as_str);
    version.and_then(|version| version.parse().ok()).unwrap_or(0)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Keeps over a crash which names the folder of `path` has.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn make_folder(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| failed(path, &error))
}

/// The names in a folder; none when it is not there.
fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(failed(folder, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is no text is none of ours.
        if let Ok(name) = entry.map_err(|error| failed(folder, &error))?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    let message = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::Forbidden(message),
        _ => StoreError::Unavailable(message),
    }
}
